/**
 * `apply`, at most once a frame however often it is asked for.
 *
 * A hidden page draws no frames: a timer stands in, so that nothing waits for the reader to return.
 */
export function onceAFrame(apply: () => void): { ask: () => void; cancel: () => void } {
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const cancel = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = 0;
    timer = undefined;
  };
  const run = () => {
    cancel();
    apply();
  };
  const ask = () => {
    if (timer !== undefined) return;
    frame = requestAnimationFrame(run);
    timer = setTimeout(run, 250);
  };
  return { ask, cancel };
}
