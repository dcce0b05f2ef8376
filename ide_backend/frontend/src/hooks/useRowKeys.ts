import { useCommands } from "../commands";

/** Move through the rows of the list on this page with j and k, to its filter with /. */
export function useRowKeys(): void {
  useCommands([
    {
      id: "row-next",
      title: "Next row",
      keys: ["j"],
      group: "Go to",
      run: () => move(1),
      keyOnly: true,
    },
    {
      id: "row-before",
      title: "Row before",
      keys: ["k"],
      group: "Go to",
      run: () => move(-1),
      keyOnly: true,
    },
    { id: "filter", title: "Filter the list", keys: ["/"], group: "Go to", run: toFilter },
  ]);
}

function move(step: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const next = at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1);
  rows[next]?.focus();
}

function toFilter(): void {
  document.querySelector<HTMLElement>("[data-filter]")?.focus();
}
