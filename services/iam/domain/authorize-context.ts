/**
 * The condition context of a decision that somebody asks for. What the platform knows about the subject is set by the
 * platform and cannot be given; everything about the request (address, time, second factor, the application's own
 * keys) may be given by the application, which is the one that knows. A simulation is believed whatever it says.
 */
import type { ContextMap } from '../../../policies/engine/index.ts';

export interface SubjectFacts {
  kind: 'root' | 'user';
  arn: string;
  accountId: string;
  /** Unknown for a caller that a simulation only names. */
  principalId?: string | undefined;
  userName?: string | undefined;
  tags: Tags;
}

type Tags = Readonly<Record<string, string>>;
type Context = Map<string, string | readonly string[]>;

export type ContextInput = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export type ContextResult = { ok: true; context: ContextMap } | { ok: false; key: string; message: string };

/** refused: what the platform knows cannot be given; believed: what is given counts, and the platform fills the rest. */
export type Claims = 'refused' | 'believed';

const OWN_KEYS: ReadonlySet<string> = new Set([
  'aws:userid',
  'aws:username',
  'aws:resourceaccount',
  'aws:resourceorgid',
  'aws:resourceorgpaths',
  'parapet:accountstate',
]);
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

export function buildContext(
  subject: SubjectFacts | undefined,
  resource: {
    tags?: Tags | undefined;
    /** Its account, and where the accounts of subject and resource stand in the organization. */
    places: ContextMap;
  },
  given: ContextInput | undefined,
  environment: { now: number; region: string },
  claims: Claims = 'refused',
): ContextResult {
  const context: Context = new Map();
  for (const key of Object.keys(given ?? {})) {
    const lower = key.toLowerCase();
    // The whole family, so that a key the platform learns to set later cannot be given today.
    if (claims === 'refused' && (lower.startsWith('aws:principal') || OWN_KEYS.has(lower)))
      return refused(key, `context key ${key} is set by the platform and cannot be given`);
    if (resource.tags && lower.startsWith('aws:resourcetag/'))
      return refused(key, `context key ${key} is given beside ResourceTags`);
    if (!key.includes(':')) return refused(key, `context key ${key} has no prefix`);
    if (context.has(lower)) return refused(key, `context key ${key} is given twice in different letter case`);
    const value = given?.[key] as ContextInput[string];
    context.set(lower, typeof value === 'object' ? value : String(value));
  }
  addTime(context, environment.now);
  if (!context.has('aws:requestedregion')) context.set('aws:requestedregion', environment.region);
  addTags(context, 'aws:resourcetag/', resource.tags ?? {});
  const known = [...resource.places, ...(subject ? principalKeys(subject) : [])];
  for (const [key, value] of known) if (claims === 'refused' || !context.has(key)) context.set(key, value);
  return { ok: true, context };
}

function principalKeys(subject: SubjectFacts): Map<string, string> {
  const known = new Map([
    ['aws:principalarn', subject.arn],
    ['aws:principalaccount', subject.accountId],
    ['aws:principaltype', subject.kind === 'root' ? 'Account' : 'User'],
    ['aws:principalisawsservice', 'false'],
  ]);
  if (subject.principalId !== undefined) known.set('aws:userid', subject.principalId);
  if (subject.userName !== undefined) known.set('aws:username', subject.userName);
  addTags(known, 'aws:principaltag/', subject.tags);
  return known;
}

/** All keys of time tell the same moment: the given one, else now. Keys that are given stay as given. */
function addTime(context: Context, now: number): void {
  const given = context.get('aws:currenttime');
  const parsed = typeof given === 'string' ? Date.parse(given) : now;
  if (Number.isNaN(parsed)) return;
  const time = new Date(parsed);
  const iso = time.toISOString();
  const defaults: [string, string][] = [
    ['aws:currenttime', `${iso.slice(0, 19)}Z`],
    ['aws:epochtime', String(Math.floor(parsed / 1000))],
    ['parapet:timeofday', iso.slice(11, 19)],
    ['parapet:dayofweek', DAYS[time.getUTCDay()] as string],
  ];
  for (const [key, value] of defaults) if (!context.has(key)) context.set(key, value);
}

function addTags(context: { set(key: string, value: string): void }, prefix: string, tags: Tags): void {
  for (const key of Object.keys(tags)) context.set(prefix + key.toLowerCase(), tags[key] as string);
}

function refused(key: string, message: string): ContextResult {
  return { ok: false, key, message };
}
