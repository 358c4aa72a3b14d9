/** What a runner does next when it does not know how far the last one came (spec ccms 3.6.2): it asks the target. */
export type ProbeAnswer = 'valid' | 'refused' | 'unreachable' | 'absent';
