import type { Fields } from "../../types/api";
import { InputField } from "./InputField";
import { type Entries, own } from "./values";

interface Props {
  fields: Fields;
  entries: Entries;
  problems: Record<string, string>;
  onChange: (entries: Entries) => void;
}

/** The inputs of a procedure, made from the fields it declares. */
export function InputForm({ fields, entries, problems, onChange }: Props) {
  const names = Object.keys(fields);
  if (names.length === 0) return null;
  return (
    <fieldset className="inputs">
      <legend>Inputs</legend>
      {names.map((name) => {
        const field = own(fields, name);
        return (
          field && (
            <InputField
              key={name}
              name={name}
              field={field}
              entry={own(entries, name)}
              problem={own(problems, name)}
              onChange={(entry) => onChange({ ...entries, [name]: entry })}
            />
          )
        );
      })}
    </fieldset>
  );
}
