/**
 * Values for a process or a file: all that are wanted, or none and a list of every one that cannot be had. No value
 * ever stands in a message.
 */
import { ParapetError } from '../../sdk/error.ts';
import type { Parapet } from '../../sdk/index.ts';
import { EXIT, Exit, exitCodeOf } from '../exit-code.ts';
import { printable } from '../output/printable.ts';
import type { Terminal } from '../terminal.ts';
import type { Reference } from './reference.ts';

export interface Wanted {
  /** What messages call it: the variable, or the place in a template. */
  label: string;
  reference: Reference;
}

export interface Fetched {
  /** By label. */
  values: ReadonlyMap<string, string>;
  /** Version of each secret that was read. */
  versions: ReadonlyMap<string, string>;
}

interface Problem {
  label: string;
  message: string;
  exitCode: number;
}

type Vault = Pick<Parapet['ccms'], 'getSecretValue'>;
type Answer = { text: string | undefined; versionId: string } | ParapetError;

export type FetchResult = Fetched | { problems: readonly Problem[] };

/** Each secret is asked for once. */
export async function fetchValues(vault: Vault, wanted: readonly Wanted[]): Promise<FetchResult> {
  const ids = [...new Set(wanted.map(({ reference }) => reference.secretId))];
  const answers = new Map(await Promise.all(ids.map(async (id) => [id, await ask(vault, id)] as const)));
  const values = new Map<string, string>();
  const problems: Problem[] = [];
  for (const { label, reference } of wanted) {
    const answer = answers.get(reference.secretId) as Answer;
    if (answer instanceof ParapetError) {
      const message = `${reference.secretId}: ${answer.message}`;
      problems.push({ label, message, exitCode: exitCodeOf(answer) });
      continue;
    }
    const found = pickValue(answer.text, reference);
    if ('value' in found) values.set(label, found.value);
    else problems.push({ label, message: found.problem, exitCode: EXIT.refused });
  }
  if (problems.length > 0) return { problems };
  const versions = new Map<string, string>();
  for (const [id, answer] of answers) if (!(answer instanceof ParapetError)) versions.set(id, answer.versionId);
  return { values, versions };
}

async function ask(vault: Vault, SecretId: string): Promise<Answer> {
  try {
    const { SecretString, VersionId } = await vault.getSecretValue({ SecretId });
    return { text: SecretString, versionId: VersionId };
  } catch (error) {
    if (error instanceof ParapetError) return error;
    throw error;
  }
}

function pickValue(text: string | undefined, { secretId, field }: Reference): { value: string } | { problem: string } {
  if (text === undefined) return { problem: `${secretId} is binary` };
  const value = field === undefined ? text : fieldOf(text, field);
  if (value === undefined) return { problem: `${secretId} has no key ${field} with a text, a number or a flag` };
  return value.includes('\0') ? { problem: `${secretId} holds a character that no variable can` } : { value };
}

function fieldOf(text: string, field: string): string | undefined {
  let object: unknown;
  try {
    object = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof object !== 'object' || object === null || Array.isArray(object) || !Object.hasOwn(object, field))
    return undefined;
  const value = (object as Record<string, unknown>)[field];
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  // A number that JavaScript cannot hold would become another one.
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : undefined;
}

/** All values, or the list of those that are missing on the standard error and the end of the command. */
export async function requireValues(terminal: Terminal, vault: Vault, wanted: readonly Wanted[]): Promise<Fetched> {
  const fetched = await fetchValues(vault, wanted);
  if ('values' in fetched) return fetched;
  terminal.err(problemText(fetched.problems, wanted.length));
  throw new Exit(fetched.problems[0]?.exitCode ?? EXIT.refused);
}

export function problemText(problems: readonly Problem[], wanted: number): string {
  const lines = [
    `error: ${problems.length} of ${wanted} value${wanted === 1 ? '' : 's'} cannot be had`,
    ...problems.map(({ label, message }) => `  ${label}: ${message}`),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}
