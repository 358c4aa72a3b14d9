/**
 * Rotations by the journal against a real server while consumers connect all the time. The overlap rule, with its
 * minutes made milliseconds: `rotationGate` and `retireAt` decide, nothing in here does.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { rotationGate } from '../../domain/rotation/overlap.ts';
import { hasEnded, prepared } from '../../domain/rotation/run.ts';
import { type Journal, type Surroundings, turn, wholeTurn } from './journal.ts';
import { newCredential, type Subject } from './subject.ts';

export interface SoakResult {
  readonly rotations: number;
  readonly crashes: number;
  readonly connects: number;
  readonly failures: number;
}

export interface SoakOptions {
  readonly durationMs: number;
  readonly leastRotations: number;
  /** How long consumers keep a value. */
  readonly cacheMs: number;
  /** What the rule is told about cache and connecting. */
  readonly overlapMs: number;
  /** Every n-th turn of the runner crashes somewhere. */
  readonly crashEvery: number;
}

export async function soak(subject: Subject, options: SoakOptions): Promise<SoakResult> {
  const target = subject.target();
  const journal: Journal = { run: undefined, labels: {}, lastFinishedAt: undefined, commits: 0 };
  const around: Surroundings = {
    now: () => Date.now(),
    random: () => 0.5,
    graceMs: 0,
    overlapMs: options.overlapMs,
    newValue: newCredential,
  };
  let rotations = 0;
  let crashes = 0;
  let turns = 0;
  const begin = () => {
    journal.run = { ...prepared(Date.now(), Date.now() + 3_600_000), fence: (journal.run?.fence ?? 0) + 1 };
  };
  const oneTurn = async () => {
    turns += 1;
    if (options.crashEvery === 0 || turns % options.crashEvery !== 0) return wholeTurn(journal, target, 'one', around);
    const crashing = turn(journal, target, 'one', around);
    // Another point each time.
    for (let point = 0; point < 1 + (crashes % 3); point += 1) await crashing.next();
    crashes += 1;
  };
  begin();
  while (journal.labels.current === undefined) await wholeTurn(journal, target, 'one', around);

  const start = Date.now();
  // On a slow machine a little longer: fewer rotations would not come back to a user that was retired.
  const over = () => {
    const elapsed = Date.now() - start;
    return elapsed > 5 * options.durationMs || (elapsed > options.durationMs && rotations >= options.leastRotations);
  };
  let connects = 0;
  let failures = 0;
  const consumer = async () => {
    let value = journal.labels.current!;
    let readAt = Date.now();
    while (!over()) {
      if (Date.now() - readAt > options.cacheMs) {
        value = journal.labels.current!;
        readAt = Date.now();
      }
      connects += 1;
      try {
        const session = await subject.connect(value);
        await session.work();
        session.close();
      } catch {
        failures += 1;
      }
      await pause(2);
    }
  };
  const rotator = async () => {
    while (!over()) {
      const { run } = journal;
      const graceOpen = run?.step === 'retire';
      if (run !== undefined && !hasEnded(run)) await oneTurn();
      const gate = rotationGate({
        now: Date.now(),
        lastFinishedAt: journal.lastFinishedAt,
        unfinished: run !== undefined && !hasEnded(run) && !graceOpen,
        graceOpen,
        overlapMs: options.overlapMs,
      });
      if (gate.allowed && !gate.retireFirst && journal.run !== undefined && hasEnded(journal.run)) {
        rotations += 1;
        begin();
      }
      await pause(5);
    }
  };
  await Promise.all([rotator(), ...Array.from({ length: 4 }, consumer)]);
  return { rotations, crashes, connects, failures };
}
