/** What is wrong with a landing zone, and where. */
export type PathStep = string | number;

export interface Finding {
  severity: 'error' | 'warning';
  code: string;
  message: string;
  /** RFC 6901, from the top of the whole landing zone. */
  pointer: string;
  /** The file that holds it; the name the main file was given under. */
  file: string;
  line: number;
  column: number;
  hint?: string | undefined;
}

/** A finding before it has a place in a text. */
export interface Fault {
  code: string;
  message: string;
  path: readonly PathStep[];
  severity?: 'error' | 'warning' | undefined;
  hint?: string | undefined;
  /** The name of the member is meant, not its value. */
  onKey?: boolean | undefined;
}

export function pointerOf(path: readonly PathStep[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

export const hasErrors = (findings: readonly Pick<Finding, 'severity'>[]) =>
  findings.some(({ severity }) => severity === 'error');
