import { useId } from "react";
import type { FieldDefinition } from "../../types/api";
import { entryOf, isRequired } from "./values";

interface Props {
  name: string;
  field: FieldDefinition;
  entry: string | undefined;
  problem: string | undefined;
  onChange: (entry: string) => void;
}

/** One declared field as a form control of its type. */
export function InputField({ name, field, entry, problem, onChange }: Props) {
  const id = useId();
  const value = entry ?? entryOf(field.default);
  const shared = {
    id, // and no `name`: in a form, one that is called `parentNode` would stand for the form's own
    value,
    "aria-invalid": problem !== undefined,
    "aria-describedby": `${id}-about`,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  };
  return (
    <div className="field">
      <label htmlFor={id}>
        {name}
        {isRequired(field) && <span className="faint"> required</span>}
      </label>
      <Control field={field} shared={shared} />
      <p id={`${id}-about`} className={problem ? "problem" : "faint"}>
        {problem ? `${name} ${problem}` : about(field)}
      </p>
    </div>
  );
}

type Shared = React.ComponentProps<"input"> &
  Pick<React.ComponentProps<"select">, "onChange"> & { value: string };

function Control({ field, shared }: { field: FieldDefinition; shared: object }) {
  const choices = field.enum?.map(entryOf) ?? (field.type === "boolean" ? ["true", "false"] : null);
  const props = shared as Shared;
  if (choices) {
    return (
      <select {...(props as React.ComponentProps<"select">)}>
        {!choices.includes(props.value) && <option value="">–</option>}
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    );
  }
  if (field.type === "integer" || field.type === "number") {
    return (
      <input
        {...props}
        type="number"
        step={field.type === "integer" ? 1 : "any"}
        min={field.minimum ?? undefined}
        max={field.maximum ?? undefined}
      />
    );
  }
  const rows = field.type === "string" ? Math.min(8, props.value.split("\n").length) : 3;
  return (
    <textarea
      {...(props as React.ComponentProps<"textarea">)}
      rows={rows}
      className={field.type === "string" ? undefined : "mono"}
      spellCheck={field.type === "string"}
    />
  );
}

function about(field: FieldDefinition): string {
  const { type, description, minimum, maximum } = field;
  // A list of choices and a plain text say for themselves what they are.
  const plain = type === "string" || type === "boolean" || field.enum != null;
  const kind = type === "array" || type === "object" ? `${type}, as JSON` : plain ? "" : type;
  const range = [
    minimum != null ? `from ${minimum}` : "",
    maximum != null ? `to ${maximum}` : "",
  ].filter(Boolean);
  return [description, [kind, ...range].filter(Boolean).join(" ")].filter(Boolean).join(" · ");
}
