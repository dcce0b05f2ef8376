import { memo, useEffect, useId, useRef, useState, useSyncExternalStore } from "react";
import { RequestError } from "../../api/request";
import { answerQuestion } from "../../api/routes";
import { remaining, shortMoment } from "../../format";
import type { QuestionLog, QuestionView } from "../../stream/questionLog";
import { Problem } from "../shell/Problem";
import { Status } from "../shell/Status";

/** A question to whoever looks at the run, to be answered here; then what came of it. */
export const QuestionBox = memo(function QuestionBox({ question }: { question: QuestionLog }) {
  const view = useSyncExternalStore(question.subscribe, question.getView);
  const [sending, setSending] = useState(false);
  const [error, setError] = useState<RequestError | null>(null);
  const box = useRef<HTMLElement>(null);
  const about = useId();

  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever is told of it ends the sending
  useEffect(() => {
    setSending(false);
    setError(null);
  }, [view]);

  const answer = async (value: boolean | string) => {
    if (sending) return;
    box.current?.focus(); // what has the focus now is gone in a moment
    setSending(true);
    setError(null);
    try {
      await answerQuestion(view.id, value);
    } catch (failure) {
      if (!(failure instanceof RequestError)) throw failure;
      setError(failure);
      setSending(false);
    }
  };

  const open = view.state === "open";
  return (
    <article className={`question ${view.state}`} aria-labelledby={about} tabIndex={-1} ref={box}>
      <header>
        <span className="question-mark" aria-hidden="true">
          ?
        </span>
        <strong>Question</strong>
        <span className="spread" />
        <Status status={open ? "waiting" : view.state} />
      </header>
      <p id={about} className="question-message">
        {view.message}
      </p>
      {open ? (
        <>
          <Choices view={view} label={about} disabled={sending} onAnswer={answer} />
          {view.untilMs !== null && <Until ms={view.untilMs} />}
        </>
      ) : (
        <Outcome view={view} />
      )}
      {error && <Problem error={error} />}
    </article>
  );
});

interface ChoicesProps {
  view: QuestionView;
  label: string;
  disabled: boolean;
  onAnswer: (value: boolean | string) => void;
}

/** What can be said: yes or no, one of the options, or a text. */
function Choices({ view, label, disabled, onAnswer }: ChoicesProps) {
  if (view.kind === "input") return <TextAnswer {...{ label, disabled, onAnswer }} />;
  const choices: [string, boolean | string][] =
    view.kind === "approve"
      ? [
          ["Approve", true],
          ["Deny", false],
        ]
      : [...new Set(view.options)].map((option) => [option || "(nothing)", option]);
  return (
    <div className="row choices">
      {choices.map(([name, value]) => (
        <button
          key={name}
          type="button"
          className={value === true ? "primary" : undefined}
          disabled={disabled}
          onClick={() => onAnswer(value)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

function TextAnswer({ label, disabled, onAnswer }: Omit<ChoicesProps, "view">) {
  const [text, setText] = useState("");
  return (
    <div className="row choices">
      <textarea
        aria-labelledby={label}
        rows={Math.min(8, text.split("\n").length)}
        value={text}
        placeholder="Enter sends it; Shift+Enter begins a new line"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          onAnswer(text);
        }}
      />
      <button type="button" className="primary" disabled={disabled} onClick={() => onAnswer(text)}>
        Send
      </button>
    </div>
  );
}

/** How long there is for an answer. */
function Until({ ms }: { ms: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <p className="faint">
      {now < ms
        ? `${remaining(ms - now)} left to answer, until ${shortMoment(ms, now)}`
        : "The time for an answer is over."}
    </p>
  );
}

/** What was said, and whether a person did; or why there is no answer. */
function Outcome({ view: { state, answer } }: { view: QuestionView }) {
  if (answer === null) {
    return (
      <p className="faint">
        {state === "late" ? "Nobody answered in time." : "Not asked any more."}
      </p>
    );
  }
  const said = answer === true ? "Approved" : answer === false ? "Denied" : answer;
  return (
    <p className="question-answer">
      <span className="faint">
        {state === "late" ? "Nobody answered in time; the default is" : "Answered by a person:"}
      </span>{" "}
      <strong>{said === "" ? "(nothing)" : said}</strong>
    </p>
  );
}
