import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DeadlineError, withDeadline } from "./deadline";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("work that never answers ends at the deadline, and leaves no timer behind", async () => {
  const late = withDeadline(new Promise<never>(() => {}), 400, "the table");
  const outcome = expect(late).rejects.toThrow(new DeadlineError("the table", 400));
  await vi.advanceTimersByTimeAsync(400);
  await outcome;
  expect(vi.getTimerCount()).toBe(0);
});

test("a result or failure in time passes through, and leaves no timer behind", async () => {
  await expect(withDeadline(Promise.resolve(7), 400, "it")).resolves.toBe(7);
  await expect(withDeadline(Promise.reject(new Error("no")), 400, "it")).rejects.toThrow("no");
  expect(vi.getTimerCount()).toBe(0);
});

test("work that fails after the deadline does not go unhandled", async () => {
  let fail = (_: Error): void => {};
  const work = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const outcome = expect(withDeadline(work, 10, "it")).rejects.toThrow(DeadlineError);
  await vi.advanceTimersByTimeAsync(10);
  await outcome;
  fail(new Error("late"));
  await vi.advanceTimersByTimeAsync(0);
});
