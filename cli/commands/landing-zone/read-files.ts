/** A landing zone from the disk: the file, what it includes and the documents it names, read and checked. */
import { dirname, join } from 'node:path';
import { readShippedGuardrails } from '../../../policies/guardrails/files.ts';
import type { Finding } from '../../../services/org/domain/landing-zone/file/finding.ts';
import { type ReadResult, readLandingZone } from '../../../services/org/domain/landing-zone/file/landing-zone.ts';
import { DEFAULT_LIMITS } from '../../../services/org/domain/landing-zone/file/limits.ts';
import { EXIT, Exit } from '../../exit-code.ts';
import { printable } from '../../output/printable.ts';
import { type Terminal, UsageError } from '../../terminal.ts';

export const DEFAULT_FILE = 'landing-zone.yaml';

export async function readFiles(terminal: Terminal, path: string): Promise<ReadResult> {
  const files = new Map([[path, await readText(terminal, path, path)]]);
  const library = readShippedGuardrails();
  for (;;) {
    const read = readLandingZone({ main: path, files, library, limits: DEFAULT_LIMITS });
    const [missing] = read.missing;
    if (missing === undefined) return read;
    for (const name of read.missing) files.set(name, await readText(terminal, join(dirname(path), name), name));
  }
}

async function readText(terminal: Terminal, path: string, name: string): Promise<string> {
  try {
    return (await terminal.read(path)).toString('utf8');
  } catch {
    throw new UsageError(`${name} cannot be read`, `parapet lz init writes a ${DEFAULT_FILE} to begin with`);
  }
}

/** Of what is without errors: the text that is sent. Warnings are shown; errors end the command. */
export async function readDocument(terminal: Terminal, path: string, set: readonly string[] = []): Promise<string> {
  const read = await readFiles(terminal, path);
  showFindings(terminal, read.findings);
  if (!read.written) throw new Exit(EXIT.usage);
  return JSON.stringify(withParameters(read.written, set));
}

export function showFindings(terminal: Terminal, findings: readonly Finding[]): void {
  for (const { file, line, column, severity, message, hint } of findings) {
    terminal.err(`${printable(`${file}:${line}:${column}: ${severity}: ${message}`)}\n`);
    if (hint !== undefined) terminal.err(`  hint: ${printable(hint)}\n`);
  }
}

/** `name=value` in place of the default that the file gives. */
function withParameters(written: Record<string, unknown>, set: readonly string[]): Record<string, unknown> {
  if (set.length === 0) return written;
  const parameters = { ...(written.parameters as Record<string, { type: string; default: unknown }>) };
  for (const text of set) {
    const at = text.indexOf('=');
    const [name, value] = [text.slice(0, at), text.slice(at + 1)];
    const declared = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (at < 1 || !declared) throw new UsageError(`--set ${text} names no parameter of the file`, '--set name=value');
    parameters[name] = { ...declared, default: parameterValue(declared.type, value) };
  }
  return { ...written, parameters };
}

function parameterValue(type: string, value: string): unknown {
  if (type === 'list') return value === '' ? [] : value.split(',');
  return type === 'integer' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}
