// Writes src/types/events.ts from the JSON Schema of tactus.events; `--check` only compares.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const target = fileURLToPath(new URL("../src/types/events.ts", import.meta.url));
const venv = `${root}.venv/bin/python`;
const python = process.env.PYTHON ?? (existsSync(venv) ? venv : "python3");

const program =
  "import json; from tactus.events import EventRecord;" +
  "print(json.dumps(EventRecord.model_json_schema(mode='serialization')))";
const schema = JSON.parse(execFileSync(python, ["-c", program], { cwd: root, encoding: "utf8" }));

for (const definition of Object.values(schema.$defs)) {
  definition.additionalProperties ??= false;
  for (const property of Object.values(definition.properties)) delete property.title;
  // The discriminator has a default in Python, but it is always on the wire.
  if (definition.properties.event_type) definition.required.push("event_type");
}
schema.additionalProperties = false;
for (const property of Object.values(schema.properties)) delete property.title;

const text = await compile(schema, "EventRecord", {
  bannerComment: "// Generated from tactus/events.py by `npm run types`; do not edit.",
  style: { printWidth: 100 },
});

if (!process.argv.includes("--check")) writeFileSync(target, text);
else if (readFileSync(target, "utf8") !== text) {
  process.stderr.write("src/types/events.ts is stale: run `npm run types`\n");
  process.exit(1);
}
