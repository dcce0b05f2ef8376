import type { RequestError } from "../../api/request";

/** Something that could not be done: what, and the next step. */
export function Problem({ error, onRetry }: { error: RequestError; onRetry?: () => void }) {
  return (
    <div className="box error" role="alert">
      <p>
        <strong>{error.message}</strong>
      </p>
      {error.hint && <p>{error.hint}</p>}
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
