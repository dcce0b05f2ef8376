import type { ReactNode, Ref } from "react";

interface Props {
  label: string;
  className: string;
  children: ReactNode;
  ref?: Ref<HTMLElement>;
}

/** A part of the page that scrolls by itself, by keyboard too. */
export function Scrolled({ label, className, children, ref }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without focus the arrow keys do not scroll it
    <section className={className} tabIndex={0} aria-label={label} ref={ref}>
      {children}
    </section>
  );
}
