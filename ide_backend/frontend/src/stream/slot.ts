const SLOTS = 4; // of the six connections a browser opens to one host; the rest is for requests
const TURN_MS = 2_000;

/**
 * Hold one of the few event streams that all tabs of this page may have open together.
 *
 * `use` is called when this tab's time comes and returns how to let go. When another tab waits, the
 * stream is let go after two seconds and asked for again: a resume loses nothing, so every tab goes
 * on, and none stands still because six others came first. `done`, which `use` is given, gives the
 * place up for good: there is nothing more to come.
 */
export function shareSlot(use: (done: () => void) => () => void): () => void {
  const ended = new AbortController();
  const done = () => ended.abort();
  if (!navigator.locks) return use(() => undefined);
  const take = async (slot: number) => {
    const name = `tactus-stream-${slot}`;
    while (!ended.signal.aborted) {
      await navigator.locks.request(name, { signal: ended.signal }, async () => {
        const letGo = use(done);
        await untilWanted(name, ended.signal);
        letGo();
      });
    }
  };
  void freeSlot().then((slot) => take(slot).catch(() => undefined)); // aborted while it waited
  return done;
}

async function freeSlot(): Promise<number> {
  const { held = [], pending = [] } = await navigator.locks.query();
  const load = Array.from({ length: SLOTS }, (_, slot) => {
    const name = `tactus-stream-${slot}`;
    return [...held, ...pending].filter((lock) => lock.name === name).length;
  });
  return load.indexOf(Math.min(...load));
}

/** Resolves when another tab has waited for the lock, or when `signal` is aborted. */
function untilWanted(name: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(async () => {
      const { pending = [] } = await navigator.locks.query();
      if (pending.some((lock) => lock.name === name)) end();
    }, TURN_MS);
    const end = () => {
      clearInterval(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end);
  });
}
