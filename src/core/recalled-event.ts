import { z } from "zod";
import { healths } from "./finding.ts";
import type { MonitoringEvent } from "./monitoring-event.ts";

const Envelope = { id: z.string(), time: z.iso.datetime() };
const TaskEnvelope = { ...Envelope, subject: z.string() };
const States = z.record(z.string(), z.string());

/** What a run needs of an earlier one's events: every run reads days of them, so no more than that is checked. */
export const RecalledEvent = z.discriminatedUnion("type", [
  z.object({
    ...Envelope,
    type: z.literal("agentmonitor.run.v1"),
    data: z.object({ trigger: z.string(), tasks: States, told: States.nullable() }),
  }),
  z.object({
    ...TaskEnvelope,
    type: z.literal("agentmonitor.task.health_changed.v1"),
    data: z.object({ run_id: z.string(), to: z.enum(healths), reason: z.string() }),
  }),
  z.object({ ...TaskEnvelope, type: z.literal("agentmonitor.task.health_still.v1") }),
  z.object({ ...TaskEnvelope, type: z.literal("agentmonitor.task.finished.v1") }),
]) satisfies z.ZodType<Pick<MonitoringEvent, "id" | "time" | "type">>;
export type RecalledEvent = z.infer<typeof RecalledEvent>;
