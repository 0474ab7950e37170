/** What is known of a recorded moment apart from its label. */
export type Moment = {
  readonly agent: string;
  readonly label: string;
  readonly version: string;
  /** A person sat before it: a turn that is over waits for their next prompt. */
  readonly isInteractive: boolean;
  /** The recording left something that proves the end of the process: a registry file, a lock, an exit record. */
  readonly hasProcessEvidence: boolean;
  /** How long after the recorded end the look happens. */
  readonly isLate: boolean;
};

/** The health words that a recorded moment's true state allows; empty when the label says nothing that is known here. */
export function allowedHealth(moment: Moment): readonly string[] {
  const { label } = moment;
  // The label's versions are Claude Code's.
  if (/^failed \(2\.1\+\) or completed/.test(label) && moment.agent === "claude-code")
    return /^[01]\.|^2\.0\./.test(moment.version) ? ["completed"] : ["failed"];
  if (/^(completed|exited cleanly)/.test(label)) return ["completed"];
  if (/^(aborted|stopped|interrupted|failed_permission_rejected)/.test(label)) return ["cancelled", "failed"];
  if (/^(killed|terminated)/.test(label)) {
    if (moment.hasProcessEvidence) return ["failed"];
    return moment.isLate
      ? ["stuck", "unknown", "failed"]
      : ["healthy", "struggling", "stuck", "unknown", "failed"];
  }
  if (/^worker crashed/.test(label)) return ["failed", "struggling", "stuck"];
  if (/^failed/.test(label)) return ["failed"];
  if (/^(healthy|running_tool|waiting_model|waiting_child|idle-with-bg)/.test(label)) return ["healthy"];
  if (/^struggling/.test(label)) return ["struggling", "stuck"];
  if (/^looping/.test(label)) return ["stuck"];
  if (/^stuck: retrying/.test(label)) return ["struggling", "stuck", "healthy"];
  if (/^(waiting for the user|blocked)/.test(label)) return ["waiting"];
  if (/^idle after the user pressed/.test(label)) return ["waiting", "cancelled"];
  if (/^(idle|after-clear)/.test(label)) return moment.isInteractive ? ["waiting"] : ["completed", "waiting"];
  if (/^turn ended with a question/.test(label)) return ["completed", "waiting"];
  return [];
}
