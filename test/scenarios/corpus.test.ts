import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CorpusCase, loadCases } from "../support/corpus/cases.ts";
import { readMessageStream } from "../support/corpus/read-anthropic-messages.ts";
import { readChatStream } from "../support/corpus/read-openai-chat.ts";
import { type CorpusRig, modesOf, runAll, startRig, type Verdict } from "../support/corpus/run.ts";
import { SINGLE_CALL, startGateway } from "../support/gateway";

// Recorded answers of real providers, through the whole gateway: to clients of both protocols, arriving whole, in pieces and byte by byte.

const FIXTURES = path.join(import.meta.dirname, "../fixtures/corpus");
/** All recordings, where they lie beside this repository. */
const WHOLE_CORPUS = path.join(import.meta.dirname, "../../../shared/corpus");
const WHOLE_CORPUS_MS_MAX = 400_000;

const fixtures = loadCases(FIXTURES);
const streams = fixtures.filter(({ streaming, kind }) => streaming && kind === "message");
/** Those that come to output before they are cut; the others get no stream at all but a status (`streams.test.ts`). */
const cuts = streams.flatMap((recorded) => [cutShort(recorded, 0.3, "ended"), cutShort(recorded, 0.6, "reset")]).filter(hasOutput);
const crlf = streams.map(withCrlf);

describe("recorded traffic", () => {
  let rig: CorpusRig;
  beforeAll(async () => {
    rig = await startRig([...fixtures, ...cuts, ...crlf], (secrets) => startGateway(secrets, SINGLE_CALL));
  });
  afterAll(() => rig.close());

  const faultsOf = async (recorded: CorpusCase): Promise<string[]> => {
    const verdicts = await Promise.all(modesOf(recorded).map((mode) => rig.run(recorded, mode)));
    return verdicts.flatMap(({ mode, faults }) => faults.map((fault) => `${mode}: ${fault}`));
  };

  it.each(fixtures)("$id keeps its bytes in its own protocol and its meaning in the other", async (recorded) => {
    expect(await faultsOf(recorded)).toEqual([]);
  });

  it.each(cuts)("$id ends in an error event, after everything that came", async (recorded) => {
    expect(await faultsOf(recorded)).toEqual([]);
  });

  it.each(crlf)("$id is read as well with CRLF line ends", async (recorded) => {
    expect(await faultsOf(recorded)).toEqual([]);
  });
});

const isThere = fs.existsSync(path.join(WHOLE_CORPUS, "index.json"));
if (!isThere) console.log("The whole corpus is skipped: there is no ../shared/corpus beside this repository.");

describe.skipIf(!isThere)("the whole corpus", () => {
  it("has no case that fails", { timeout: WHOLE_CORPUS_MS_MAX }, async () => {
    const cases = loadCases(WHOLE_CORPUS);
    const failed: string[] = [];
    const report = ({ case: id, mode, faults }: Verdict) => void (faults.length > 0 && failed.push(`${id} ${mode}: ${faults.join("; ")}`));
    const rig = await startRig(cases, (secrets) => startGateway(secrets, SINGLE_CALL));
    try {
      await runAll(rig, cases, report);
    } finally {
      await rig.close();
    }
    expect(failed).toEqual([]);
  });
});

/** The recording as it is when its connection ends early, in order or not: what a client can know of it, and that it is not the whole. */
function cutShort(recorded: CorpusCase, share: number, how: "ended" | "reset"): CorpusCase {
  const body = recorded.body.subarray(0, Math.floor(recorded.body.length * share));
  const came = recorded.wire === "openai-chat" ? readChatStream(body.toString(), true) : readMessageStream(body.toString());
  const calls = came.calls.map(({ id, name }) => ({ id, name, arguments: null, arguments_raw: "" }));
  const expected = { text: came.text, thinking: came.thinking, refusal: came.refusal, tool_calls: calls, stop: null, usage: null };
  const expect = { ...recorded.expect, ...expected, terminated: false };
  return { ...recorded, id: `${recorded.id}-${how}-at-${share}`, body, isReset: how === "reset", expect };
}

function hasOutput({ expect: { text, thinking, refusal, tool_calls } }: CorpusCase): boolean {
  return [text, thinking, refusal].some((words) => (words ?? "") !== "") || (tool_calls ?? []).length > 0;
}

function withCrlf(recorded: CorpusCase): CorpusCase {
  return { ...recorded, id: `${recorded.id}-crlf`, body: Buffer.from(recorded.body.toString().replaceAll("\n", "\r\n")) };
}
