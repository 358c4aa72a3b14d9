/**
 * Keeps one child running with the newest values. Guarantees: a value is in the environment of the child and nowhere
 * else; signals go to the child; the child is started anew only when there are other values that could all be had.
 */
import type { Parapet } from '../../sdk/index.ts';
import type { Child } from '../child-process.ts';
import type { Terminal } from '../terminal.ts';
import { type Fetched, fetchValues, problemText, type Wanted } from './values.ts';

const DEBOUNCE_MS = 2_000;
const KILL_AFTER_MS = 30_000;
const ENDING: ReadonlySet<string> = new Set(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']);

type Vault = Pick<Parapet['ccms'], 'getSecretValue' | 'describeSecret'>;

export interface Supervised {
  command: readonly string[];
  wanted: readonly Wanted[];
  /** Of the values; undefined: changes are not looked for. */
  watchEveryMs: number | undefined;
}

/** The exit code of the child that ended by itself. */
export async function supervise(
  terminal: Terminal,
  vault: Vault,
  { command, wanted, watchEveryMs }: Supervised,
  first: Fetched,
): Promise<number> {
  let fetched = first;
  let child: Child | undefined;
  let isEnding = false;
  const stopForwarding = terminal.forwardSignals((signal) => {
    isEnding ||= ENDING.has(signal);
    child?.kill(signal);
  });
  try {
    for (;;) {
      const started = terminal.start(command, { ...terminal.environment(), ...Object.fromEntries(fetched.values) });
      child = started;
      const over = new AbortController();
      const exited = started.exited.finally(() => over.abort());
      if (watchEveryMs === undefined) return await exited;
      const changed = nextValues(terminal, vault, wanted, fetched, watchEveryMs, over.signal);
      const newer = await Promise.race([exited.then(() => undefined), changed]);
      if (!newer || isEnding) return await exited;
      terminal.err('parapet: secrets changed, starting anew\n');
      const code = await end(terminal, started, exited);
      if (isEnding) return code;
      fetched = newer;
    }
  } finally {
    stopForwarding();
  }
}

/** SIGTERM, and SIGKILL for what does not listen. */
async function end(terminal: Terminal, child: Child, exited: Promise<number>): Promise<number> {
  child.kill('SIGTERM');
  const over = new AbortController();
  void terminal
    .pause(KILL_AFTER_MS, over.signal)
    .then(() => over.signal.aborted || terminal.stopped.aborted || child.kill('SIGKILL'));
  return exited.finally(() => over.abort());
}

/** Values that differ from these, when there are some; undefined: the child ended before. */
async function nextValues(
  terminal: Terminal,
  vault: Vault,
  wanted: readonly Wanted[],
  now: Fetched,
  everyMs: number,
  over: AbortSignal,
): Promise<Fetched | undefined> {
  let known = now;
  const isOver = () => over.aborted || terminal.stopped.aborted;
  while (!isOver()) {
    await terminal.pause(everyMs, over);
    if (isOver() || !(await isNewer(vault, known.versions))) continue;
    // A rotation moves stages more than once.
    await terminal.pause(DEBOUNCE_MS, over);
    if (isOver()) continue;
    const fetched = await fetchValues(vault, wanted);
    if ('problems' in fetched) {
      terminal.err(`parapet: secrets changed, and not all can be had: the program goes on with the old ones\n`);
      terminal.err(problemText(fetched.problems, wanted.length));
      continue;
    }
    if ([...fetched.values].some(([label, value]) => now.values.get(label) !== value)) return fetched;
    known = fetched;
  }
  return undefined;
}

/** A vault that cannot be asked says nothing new. */
async function isNewer(vault: Vault, versions: ReadonlyMap<string, string>): Promise<boolean> {
  const answers = await Promise.all(
    [...versions].map(async ([SecretId, versionId]) => {
      const described = await vault.describeSecret({ SecretId }).catch(() => undefined);
      const stages = described?.VersionIdsToStages;
      return stages !== undefined && !stages[versionId]?.includes('AWSCURRENT');
    }),
  );
  return answers.includes(true);
}
