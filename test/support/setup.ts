import fc from "fast-check";

// The suite asks the same questions every time, so that a red run can be repeated; MONITOR_SEED asks others.
const seed = Number(process.env.MONITOR_SEED ?? 20_261_122);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
