import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";

type Door = typeof import("../src/guardrails/injection/score-injection") &
  typeof import("../src/guardrails/injection/read-views") &
  typeof import("../src/guardrails/injection/features") &
  typeof import("../src/guardrails/injection/model") &
  typeof import("../src/guardrails/injection/windows");

/** A row of the evaluation set, or of our own prompts. */
export interface InjectionRow {
  text: string;
  label: "attack" | "benign";
  source: string;
  kind: string;
  lang: string;
}

/** The detector as the Worker has it: bundled first, because Node resolves no import without an extension. */
export async function loadDetector(): Promise<Door> {
  const files = ["score-injection", "read-views", "features", "model", "windows"];
  const result = await build({
    stdin: {
      contents: files.map((file) => `export * from "./src/guardrails/injection/${file}";`).join("\n"),
      resolveDir: resolve(import.meta.dirname, ".."),
    },
    bundle: true,
    format: "esm",
    charset: "utf8",
    write: false,
  });
  const code = result.outputFiles[0]?.text ?? "";
  return (await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)) as Door; // what was bundled just above
}

export function readEvaluationRows(folder: string): InjectionRow[] {
  return readLines(resolve(folder, "injection/dev.jsonl")).map((line): InjectionRow => JSON.parse(line));
}

/** Everyday texts of the other evaluation sets, of sources whose licence allows weights made from them (MIT, Apache-2.0, PSF): all benign. */
export function readPlainTexts(folder: string): InjectionRow[] {
  const rowOf = (source: string, text: string): InjectionRow => ({ text, label: "benign", source, kind: "plain", lang: "" });
  const allowed =
    /^(presidio-research|gretel-finance-kr|derived-ko-negatives|BIPIA\/code-errors|songys\/Question_pair|checklist\/|GPTCache\/mock_data|python-stdlib|npm-bundled)/;
  const read = <Row extends { source: string }>(file: string, texts: (row: Row) => string[]) =>
    readLines(resolve(folder, file))
      .map((line): Row => JSON.parse(line))
      .filter(({ source }) => allowed.test(source))
      .flatMap((row) => texts(row).map((text) => rowOf(row.source, text)));
  return [
    ...read<{ source: string; text: string }>("pii/dev.jsonl", ({ text }) => [text]),
    ...read<{ source: string; text: string }>("tokens/dev.jsonl", ({ text }) => [text]),
    ...read<{ source: string; a: string; b: string }>("semantic/dev.jsonl", ({ a }) => [a]),
  ];
}

/** Packages of the lock file whose code shows what benign code about models, limits and policies looks like (MIT, Apache-2.0). */
const CODE_PACKAGES = ["hono", "zod", "jose", "openai", "@anthropic-ai/sdk", "ai", "eventsource-parser", "fast-check", "esbuild"];
const CODE_FILES_MAX = 40;
const CODE_CHARS_MAX = 2_500;

/** Pieces of source and documentation from installed packages: all benign. */
export function readCode(): InjectionRow[] {
  return CODE_PACKAGES.flatMap((name) => {
    const folder = resolve(import.meta.dirname, "../node_modules", name);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(ts|js|mjs|md)$/.test(file) && !file.includes("node_modules"))
      .sort();
    const step = Math.max(1, Math.floor(files.length / CODE_FILES_MAX));
    return files
      .filter((_, index) => index % step === 0)
      .map((file): InjectionRow => {
        const text = readFileSync(resolve(folder, file), "utf8");
        const start = Math.floor(Math.max(0, text.length - CODE_CHARS_MAX) / 2);
        return { text: text.slice(start, start + CODE_CHARS_MAX), label: "benign", source: "packages", kind: "code", lang: "" };
      });
  });
}

/** The source of texts whose writers saw no evaluation row. What they wrote about was chosen knowing which rows are hard, so it is no independent sample. */
export const UNSEEN = "own, unseen";

/** Texts written for training: lines of {text, label, lang}; the file's name is their kind. */
export function readOwnPrompts(): InjectionRow[] {
  return [...readPrompts("", "own"), ...readPrompts("unseen", UNSEEN)];
}

/** Every sixth of the texts of `UNSEEN`, and some prompts of products and their users: never fitted, so that they can be asked about. */
export function readLeftOut(): InjectionRow[] {
  return readPrompts("left-out", "left out");
}

/** Some 10,000 texts that no fit has seen, of writers who saw no evaluation row and chose their subjects themselves: sly attacks and their harmless neighbours. */
export function readNeverFitted(): InjectionRow[] {
  return readPrompts("never-fitted", "never fitted");
}

function readPrompts(name: string, source: string): InjectionRow[] {
  const folder = resolve(import.meta.dirname, "injection-prompts", name);
  const files = readdirSync(folder).filter((file) => file.endsWith(".jsonl"));
  return files.sort().flatMap((file) =>
    readLines(resolve(folder, file)).map((line): InjectionRow => {
      const row: { text: string; label: InjectionRow["label"]; lang: string } = JSON.parse(line);
      return { ...row, source, kind: file.replace(".jsonl", "") };
    }),
  );
}

function readLines(path: string): string[] {
  return readFileSync(path, "utf8").split("\n").filter(Boolean);
}
