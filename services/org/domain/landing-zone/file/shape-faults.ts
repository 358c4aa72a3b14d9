/** What zod finds, in the words of the file. */
import type { z } from 'zod';
import type { Fault } from './finding.ts';

type Issue = z.core.$ZodIssue;

export function shapeFaults(issues: readonly Issue[]): Fault[] {
  return issues.flatMap((issue): Fault[] => {
    const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((name) => ({
          code: 'unknown-field',
          message: `${name} is not a field ${path.length === 0 ? 'of a landing zone' : `of ${nameOf(path)}`}`,
          path: [...path, name],
          onKey: true,
        }));
      case 'invalid_type':
        if (issue.input === undefined && isMissing(issue))
          return [{ code: 'missing-field', message: `${last(path)} is missing`, path }];
        return [{ code: 'wrong-type', message: `${last(path)} is not ${article(issue.expected)}`, path }];
      case 'invalid_value':
        return [
          { code: 'not-allowed', message: `${last(path)} is not ${issue.values.map(String).join(' or ')}`, path },
        ];
      case 'invalid_union':
        return [{ code: 'wrong-type', message: `${last(path)} has none of the forms it may have`, path }];
      case 'invalid_format':
        return [{ code: 'wrong-form', message: `${last(path)} is not ${formOf(issue)}`, path }];
      case 'too_small':
        return [
          { code: 'too-small', message: `${last(path)} has less than ${issue.minimum}${unit(issue.origin)}`, path },
        ];
      case 'too_big':
        return [
          { code: 'too-big', message: `${last(path)} has more than ${issue.maximum}${unit(issue.origin)}`, path },
        ];
      default:
        return [{ code: 'wrong-form', message: `${last(path)}: ${issue.message}`, path }];
    }
  });
}

function isMissing(issue: Issue): boolean {
  return /received undefined/.test(issue.message);
}

function formOf(issue: Issue): string {
  // Patterns of ours carry their description as message; those of zod begin with `Invalid`.
  if (!issue.message.startsWith('Invalid')) return issue.message;
  return 'format' in issue && issue.format === 'date' ? 'a date, such as 2027-03-31' : 'of the form it must have';
}

function article(expected: string): string {
  const words: Record<string, string> = {
    array: 'a list',
    object: 'a map',
    record: 'a map',
    string: 'a text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
  };
  return words[expected] ?? expected;
}

function unit(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' items' : '';
}

function last(path: readonly (string | number)[]): string {
  const name = path[path.length - 1];
  if (name === undefined) return 'the file';
  return typeof name === 'number' ? `item ${name + 1} of ${String(path[path.length - 2] ?? 'the file')}` : name;
}

/** `accounts[3]` and the like. */
function nameOf(path: readonly (string | number)[]): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('');
}
