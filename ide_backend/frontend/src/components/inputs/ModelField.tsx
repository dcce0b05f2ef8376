import { useId } from "react";
import { listModels } from "../../api/routes";
import { useResource } from "../../hooks/useResource";

interface Props {
  model: string;
  onChange: (model: string) => void;
}

/** Which model answers in place of the declared ones; empty leaves those. */
export function ModelField({ model, onChange }: Props) {
  const id = useId();
  const { data } = useResource("models", listModels);
  const ready = data?.providers.filter((provider) => provider.ready).map(({ name }) => name) ?? [];
  const choices = [
    ...new Set([
      "demo",
      ...ready.filter((name) => name !== "demo").map((name) => `${name}/`),
      ...(data?.local.flatMap(({ name, models }) => models.map((one) => `${name}/${one}`)) ?? []),
    ]),
  ];
  return (
    <div className="field model-field">
      <label htmlFor={id}>Model</label>
      <input
        id={id}
        list={`${id}-choices`}
        value={model}
        placeholder="as declared"
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onChange(event.target.value.trim())}
      />
      <datalist id={`${id}-choices`}>
        {choices.map((choice) => (
          <option key={choice} value={choice} />
        ))}
      </datalist>
    </div>
  );
}
