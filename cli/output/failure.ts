/** Errors on the terminal: what happened, what to do, and the ids to look it up by. */
import { ConfigError } from '../../platform/config/config.ts';
import { ParapetError } from '../../sdk/error.ts';
import { UsageError } from '../terminal.ts';
import { printable } from './printable.ts';

/** `optionOf` gives the option of a member, so that a pointer becomes something the user can type. */
export function formatFailure(
  thrown: unknown,
  optionOf: (member: string) => string | undefined = () => undefined,
): string {
  if (thrown instanceof UsageError) return lines(`error: ${thrown.message}`, note('hint', thrown.hint));
  if (thrown instanceof ConfigError) return lines(`error: ${thrown.message}`);
  if (!(thrown instanceof ParapetError))
    return lines(`error: ${thrown instanceof Error ? thrown.message : 'unknown failure'}`);
  return lines(
    // Some errors say no more than their code, on purpose.
    thrown.message === thrown.code ? `error: ${thrown.code}` : `error: ${thrown.code}: ${thrown.message}`,
    ...thrown.issues.map(({ pointer, message }) => `  ${nameOf(pointer, optionOf)} ${message}`),
    ...thrown.findings.map((f) => `  line ${f.line}, column ${f.column} (${f.pointer || '/'}): ${f.message}`),
    note('hint', thrown.hint),
    note('request id', thrown.requestId),
    note('decision id', thrown.decisionId),
    thrown.decisionId === undefined
      ? undefined
      : note('explain', `parapet authz get-decision --decision-id ${thrown.decisionId}`),
  );
}

function nameOf(pointer: string, optionOf: (member: string) => string | undefined): string {
  const [, member = '', ...rest] = pointer.split('/');
  const option = optionOf(member);
  if (option === undefined) return pointer || 'the input';
  return rest.length === 0 ? option : `${option} (/${rest.join('/')})`;
}

function note(name: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : `  ${name}: ${text}`;
}

function lines(...all: (string | undefined)[]): string {
  return all.flatMap((line) => (line === undefined ? [] : [`${printable(line)}\n`])).join('');
}
