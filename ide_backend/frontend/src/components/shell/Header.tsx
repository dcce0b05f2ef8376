import { spellKeys } from "../../commands";
import type { Route } from "../../hooks/useRoute";
import { THEMES, type Theme } from "../../hooks/useTheme";

export const PLACES = [
  { name: "Editor", to: "#/edit", keys: "g e", parts: ["edit"] },
  { name: "Runs", to: "#/runs", keys: "g r", parts: ["runs", "compare"] },
  { name: "Streams", to: "#/streams", keys: "g s", parts: ["streams"] },
  { name: "Analytics", to: "#/analytics", keys: "g a", parts: ["analytics"] },
];

interface Props {
  route: Route;
  theme: Theme;
  onTheme: (theme: Theme) => void;
  onPalette: () => void;
  onSheet: () => void;
}

export function Header({ route, theme, onTheme, onPalette, onSheet }: Props) {
  const here = route.path[0] ?? "edit";
  return (
    <header className="top">
      <a className="brand" href="#/edit">
        <img src="/assets/tactus.svg" alt="" width="20" height="20" />
        Tactus
      </a>
      <nav aria-label="Pages">
        {PLACES.map(({ name, to, keys, parts }) => (
          <a
            key={to}
            href={to}
            title={`${name} (${spellKeys(keys)})`}
            aria-current={parts.includes(here) ? "page" : undefined}
          >
            {name}
          </a>
        ))}
      </nav>
      <div className="spread" />
      <button type="button" className="quiet" onClick={onPalette}>
        <span className="wide-only">Find </span>
        <kbd>{spellKeys("Mod+k")}</kbd>
      </button>
      <label className="theme">
        <span className="unseen">Theme</span>
        <select value={theme} onChange={(event) => onTheme(event.target.value as Theme)}>
          {THEMES.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <button type="button" className="quiet" aria-label="Keyboard shortcuts" onClick={onSheet}>
        ?
      </button>
    </header>
  );
}
