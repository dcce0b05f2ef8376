import type { EventOf } from "../../types/wire";

/** Why what stood here is void, and who is asked now. */
export function RestartLine({ restart }: { restart: EventOf<"step_restarted"> }) {
  return (
    <p className="restart-line">
      <span aria-hidden="true">↻</span> {reasonOf(restart)}
    </p>
  );
}

function reasonOf({ reason, attempt, provider, model }: EventOf<"step_restarted">): string {
  switch (reason) {
    case "retry":
      return `The answer broke off; asked again, attempt ${attempt}.`;
    case "fallback":
      return `The model failed; ${provider}/${model} is asked in its place.`;
    case "repair":
      return "The answer did not fit the declared output; asked once more, with the reason.";
    default:
      return "What was said here is void; it is told anew.";
  }
}

/** What is wrong with an answer, where it was found to be wrong. */
export function Misfit({ errors }: { errors: readonly string[] }) {
  return (
    <ul className="misfit" aria-label="What does not fit the declared output">
      {errors.map((error) => (
        <li key={error}>{error}</li>
      ))}
    </ul>
  );
}
