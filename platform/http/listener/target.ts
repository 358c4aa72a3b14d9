import { type Refusal, refuse } from './refusal.ts';

/** A request target split once. Dispatch uses `path`; signatures use `rawTarget`: both come from the same bytes. */
export interface Target {
  /** Origin form as received (an absolute form of the same host loses scheme and authority). */
  readonly rawTarget: string;
  /** Decoded exactly once, valid UTF-8. */
  readonly path: string;
  /** Raw text after `?`, or ''. */
  readonly query: string;
}

const SLASH = 0x2f;
const PERCENT = 0x25;
const BAD_TARGET = refuse(400, 'InvalidTarget', 'request target has a character or sequence that is not accepted');
const OTHER_HOST = refuse(400, 'InvalidTarget', 'request target names another host than the host header');
const TOO_LONG = refuse(414, 'TargetTooLong', 'request target is too long');

/**
 * SECURITY: everything that two path readers could take differently is refused, not normalised: encoded slashes and
 * backslashes, NUL and control characters, empty and dot segments, fragments, broken or non-UTF-8 encoding. `open`: the
 * path is answered as it came, nothing in it decoded, and only what no URL holds is refused.
 */
export function readTarget(url: string, host: string, maxBytes: number, open = false): Target | Refusal {
  if (url.length > maxBytes) return TOO_LONG;
  let rawTarget = url;
  if (url.charCodeAt(0) !== SLASH) {
    const origin = originForm(url, host);
    if (typeof origin !== 'string') return origin;
    rawTarget = origin;
  }
  const mark = rawTarget.indexOf('?');
  const rawPath = mark < 0 ? rawTarget : rawTarget.slice(0, mark);
  const query = mark < 0 ? '' : rawTarget.slice(mark + 1);
  if (open)
    return /^[!-~]+$/.test(rawTarget) && !rawTarget.includes('#') ? { rawTarget, path: rawPath, query } : BAD_TARGET;
  let encoded = false;
  let previous = 0;
  for (let i = 0; i < rawPath.length; i++) {
    const c = rawPath.charCodeAt(i);
    if (c <= 0x20 || c >= 0x7f || c === 0x5c || c === 0x23) return BAD_TARGET;
    if (c === SLASH && previous === SLASH) return BAD_TARGET;
    if (c === PERCENT) {
      const byte = encodedByte(rawPath, i);
      if (byte < 0x20 || byte === SLASH || byte === 0x5c || byte === 0x7f) return BAD_TARGET;
      encoded = true;
      i += 2;
    }
    previous = c;
  }
  const path = encoded ? decoded(rawPath) : rawPath;
  if (path === undefined || (path.includes('/.') && hasDotSegment(path))) return BAD_TARGET;
  return isQuery(query) ? { rawTarget, path, query } : BAD_TARGET;
}

/** Value of the `%XX` at `at`, or -1. */
function encodedByte(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at + 1));
  const low = hexDigit(text.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  if (c >= 0x41 && c <= 0x46) return c - 0x37;
  if (c >= 0x61 && c <= 0x66) return c - 0x57;
  return -1;
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function hasDotSegment(path: string): boolean {
  return path.split('/').some((segment) => segment === '.' || segment === '..');
}

function isQuery(query: string): boolean {
  for (let i = 0; i < query.length; i++) {
    const c = query.charCodeAt(i);
    if (c <= 0x20 || c >= 0x7f || c === 0x23) return false;
    if (c === PERCENT && encodedByte(query, i) <= 0) return false;
  }
  return true;
}

/** RFC 9112 3.2.2: a server must take the absolute form; ours only for the host it is asked for anyway. */
function originForm(url: string, host: string): string | Refusal {
  const lower = url.slice(0, 8).toLowerCase();
  const start = lower.startsWith('http://') ? 7 : lower === 'https://' ? 8 : 0;
  if (start === 0) return BAD_TARGET;
  let end = start;
  while (end < url.length && url.charCodeAt(end) !== SLASH && url[end] !== '?') end++;
  if (url.slice(start, end).toLowerCase() !== host.toLowerCase()) return OTHER_HOST;
  const rest = url.slice(end);
  return rest.startsWith('/') ? rest : `/${rest}`;
}
