/**
 * SECURITY: names and descriptions come from other people. Control characters, also those of the C1 range and the
 * ones that reverse the direction of text, are shown as escapes and never reach the terminal.
 */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

export function printable(text: string): string {
  return text.replace(UNSAFE, escapeOf);
}

/** JSON for people and for programs: two blanks of indentation, unsafe characters as JSON escapes. */
export function formatJson(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2) ?? '';
  return text.replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, escapeOf);
}

/** One line of JSON. */
export function formatJsonLine(value: unknown): string {
  return (JSON.stringify(value) ?? '').replace(UNSAFE, escapeOf);
}

function escapeOf(c: string): string {
  return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
