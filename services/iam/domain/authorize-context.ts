/**
 * The condition context of a decision that somebody asks for. What the platform knows about the subject is set by the
 * platform and cannot be given; everything about the request (address, time, second factor, the application's own
 * keys) may be given by the application, which is the one that knows. A simulation is believed whatever it says.
 */
import { BEYOND_KEY, PROJECT_KEY } from '../../../platform/contract/enterprise-project.ts';
import type { ContextMap } from '../../../policies/engine/index.ts';

export interface SubjectFacts {
  /** Value of aws:PrincipalType. */
  type: string;
  /** Of a role session the ARN of the role. */
  arn: string;
  accountId: string;
  /** Unknown for a caller that a simulation only names. */
  principalId?: string | undefined;
  userName?: string | undefined;
  tags: Tags;
  /** Set when the subject asks about itself in a session: the platform then knows when and how it signed in. */
  session?: { issuedAt: number; mfaAt?: number | undefined; sourceIdentity?: string | undefined } | undefined;
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
const SESSION_KEYS: ReadonlySet<string> = new Set([
  'aws:tokenissuetime',
  'aws:multifactorauthpresent',
  'aws:multifactorauthage',
  'aws:sourceidentity',
]);
const PROJECT_CONTEXT_KEY = PROJECT_KEY.toLowerCase();
const BEYOND_CONTEXT_KEY = BEYOND_KEY.toLowerCase();
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

export function buildContext(
  subject: SubjectFacts | undefined,
  resource: {
    tags?: Tags | undefined;
    /** Its account, and where the accounts of subject and resource stand in the organization. */
    places: ContextMap;
    /** Enterprise project, unless the application knows better. */
    project?: string | undefined;
    /** Project and tags are those of a resource of ours: nobody else knows better. */
    isKnown?: boolean;
    /** Of a known resource: what its service calls tags besides `aws:ResourceTag/`. */
    tagPrefix?: string | undefined;
    /** What is asked for reaches beyond that project. */
    beyond?: boolean;
  },
  given: ContextInput | undefined,
  environment: { now: number; region: string },
  claims: Claims = 'refused',
): ContextResult {
  const context: Context = new Map();
  for (const key of Object.keys(given ?? {})) {
    const lower = key.toLowerCase();
    // The whole family, so that a key the platform learns to set later cannot be given today.
    const isOwn = lower.startsWith('aws:principal') || OWN_KEYS.has(lower);
    if (claims === 'refused' && (isOwn || (subject?.session && SESSION_KEYS.has(lower))))
      return refused(key, `context key ${key} is set by the platform and cannot be given`);
    if (claims === 'refused' && resource.isKnown && isAboutResource(lower, resource.tagPrefix))
      return refused(key, `context key ${key} is set by the platform for a resource of ours and cannot be given`);
    if (resource.tags && lower.startsWith('aws:resourcetag/'))
      return refused(key, `context key ${key} is given beside ResourceTags`);
    if (!key.includes(':')) return refused(key, `context key ${key} has no prefix`);
    if (context.has(lower)) return refused(key, `context key ${key} is given twice in different letter case`);
    const value = given?.[key] as ContextInput[string];
    context.set(lower, typeof value === 'object' ? value : String(value));
  }
  addTime(context, environment.now);
  if (!context.has('aws:requestedregion')) context.set('aws:requestedregion', environment.region);
  if (resource.project !== undefined && !context.has(PROJECT_CONTEXT_KEY))
    context.set(PROJECT_CONTEXT_KEY, resource.project);
  if (resource.beyond) context.set(BEYOND_CONTEXT_KEY, 'true');
  addTags(context, 'aws:resourcetag/', resource.tags ?? {});
  if (resource.tagPrefix !== undefined) addTags(context, resource.tagPrefix, resource.tags ?? {});
  const known = [...resource.places, ...(subject ? principalKeys(subject, environment.now) : [])];
  for (const [key, value] of known) if (claims === 'refused' || !context.has(key)) context.set(key, value);
  return { ok: true, context };
}

function isAboutResource(key: string, tagPrefix: string | undefined): boolean {
  const isTag = key.startsWith('aws:resourcetag/') || (tagPrefix !== undefined && key.startsWith(tagPrefix));
  return isTag || key === PROJECT_CONTEXT_KEY || key === BEYOND_CONTEXT_KEY;
}

function principalKeys(subject: SubjectFacts, now: number): Map<string, string> {
  const known = new Map([
    ['aws:principalarn', subject.arn],
    ['aws:principalaccount', subject.accountId],
    ['aws:principaltype', subject.type],
    ['aws:principalisawsservice', 'false'],
  ]);
  if (subject.principalId !== undefined) known.set('aws:userid', subject.principalId);
  if (subject.userName !== undefined) known.set('aws:username', subject.userName);
  addTags(known, 'aws:principaltag/', subject.tags);
  if (subject.session) addSession(known, subject.session, now);
  return known;
}

function addSession(
  known: Map<string, string>,
  { issuedAt, mfaAt, sourceIdentity }: NonNullable<SubjectFacts['session']>,
  now: number,
): void {
  known.set('aws:tokenissuetime', `${new Date(issuedAt).toISOString().slice(0, 19)}Z`);
  known.set('aws:multifactorauthpresent', mfaAt === undefined ? 'false' : 'true');
  if (mfaAt !== undefined) known.set('aws:multifactorauthage', String(Math.floor((now - mfaAt) / 1000)));
  if (sourceIdentity !== undefined) known.set('aws:sourceidentity', sourceIdentity);
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
