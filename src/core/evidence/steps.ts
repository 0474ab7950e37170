import type { TakenStep } from "./activity.ts";
import { hashText } from "./call-digest.ts";

/** Nothing done yet. */
export function noStep(): TakenStep {
  return { number: 0, messageId: null, started: 0, answeredAt: 0, counted: [] };
}

/**
 * Counts a started call and returns the number of its step. Calls of one message of the model are one step; where messages
 * are not known, a call is of the step of the one before it if it was started before that was answered.
 */
export function takeStep(
  activity: { step: TakenStep },
  call: { readonly at: number; readonly messageId: string | null },
): number {
  const { step } = activity;
  const messageId = call.messageId === null ? null : hashText(call.messageId);
  const isSame =
    messageId !== null && step.messageId !== null
      ? messageId === step.messageId
      : step.answeredAt === null || call.at < step.answeredAt;
  if (!isSame) {
    step.number += 1;
    step.counted = [];
  }
  step.messageId = messageId;
  step.started += 1;
  step.answeredAt = null;
  return step.number;
}

/** Notes the answer to the call that was started as the `order`-th. */
export function answerStep({ step }: { readonly step: TakenStep }, order: number, at: number): void {
  if (order === step.started) step.answeredAt = at;
}
