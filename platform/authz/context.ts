/** Fills in the global condition keys of a request. Names are lower-case: keys are compared without case. */
import { BEYOND_KEY, PROJECT_KEY, projectUnlessTold } from '../contract/enterprise-project.ts';
import { servicePrincipal } from '../contract/service-names.ts';
import type { AuthorizationTarget, Caller, Origin } from '../runtime/call.ts';
import type { Principal } from './principal.ts';
import type { OrganizationFacts } from './visible-organization.ts';

export type Context = Map<string, string | readonly string[]>;

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

export const PRINCIPAL_TYPES: Readonly<Record<Caller['kind'], string>> = {
  root: 'Account',
  user: 'User',
  role: 'AssumedRole',
  federated: 'FederatedUser',
  service: 'Service',
  anonymous: 'Anonymous',
};

/** The keys that do not depend on the resource. Computed once per request. */
export function globalContext(
  caller: Caller,
  principal: Principal | undefined,
  origin: Origin,
  now: number,
  region: string,
  organization: OrganizationFacts,
): Context {
  const context: Context = new Map(settledContext(caller, principal, region, organization));
  const time = new Date(now);
  const iso = time.toISOString();
  context.set('aws:currenttime', `${iso.slice(0, 19)}Z`);
  context.set('aws:epochtime', String(Math.floor(now / 1000)));
  context.set('aws:securetransport', origin.protocol === 'internal' || origin.tls ? 'true' : 'false');
  context.set('aws:sourceip', origin.sourceIp);
  context.set('aws:useragent', origin.userAgent);
  context.set('aws:viaawsservice', origin.via === undefined ? 'false' : 'true');
  context.set('parapet:timeofday', iso.slice(11, 19));
  context.set('parapet:dayofweek', DAYS[time.getUTCDay()] as string);
  if (origin.via !== undefined) {
    const name = servicePrincipal(origin.via);
    context.set('aws:calledvia', [name]);
    context.set('aws:calledviafirst', name);
    context.set('aws:calledvialast', name);
    if (origin.sourceArn !== undefined) context.set('aws:sourcearn', origin.sourceArn);
  }
  if (caller.session?.mfaAt !== undefined)
    context.set('aws:multifactorauthage', String(Math.floor((now - caller.session.mfaAt) / 1000)));
  return context;
}

interface Settled {
  principal: Principal | undefined;
  region: string;
  organization: OrganizationFacts;
  context: Context;
}

/** Of callers as they came last. Callers, principals and snapshots are new objects whenever anything about them is new. */
const settled = new WeakMap<Caller, Settled>();

/** What is the same in every request of a caller until the principal or the organization changes. */
function settledContext(
  caller: Caller,
  principal: Principal | undefined,
  region: string,
  organization: OrganizationFacts,
): Context {
  const known = settled.get(caller);
  if (known && known.principal === principal && known.organization === organization && known.region === region)
    return known.context;
  const context: Context = new Map([
    ['aws:requestedregion', region],
    ['aws:principalisawsservice', caller.kind === 'service' ? 'true' : 'false'],
  ]);
  if (caller.kind !== 'anonymous') addCaller(context, caller, principal, organization);
  settled.set(caller, { principal, region, organization, context });
  return context;
}

function addCaller(
  context: Context,
  caller: Caller,
  principal: Principal | undefined,
  organization: OrganizationFacts,
): void {
  // Of a role session the role's: a condition on it holds for every session of the role (spec iam 1.6).
  context.set('aws:principalarn', caller.kind === 'role' && principal ? principal.snapshot.Arn : caller.arn);
  context.set('aws:principalaccount', caller.accountId);
  context.set('aws:principaltype', PRINCIPAL_TYPES[caller.kind]);
  context.set('aws:userid', caller.principalId);
  if (caller.userName !== undefined) context.set('aws:username', caller.userName);
  if (caller.session) {
    // Present only for sessions: a long-term key has no issue time and no second factor (spec iam 1.7, case 13-16).
    context.set('aws:tokenissuetime', `${new Date(caller.session.issuedAt).toISOString().slice(0, 19)}Z`);
    context.set('aws:multifactorauthpresent', caller.session.mfaAt === undefined ? 'false' : 'true');
  }
  const sourceIdentity = principal?.session?.snapshot.SourceIdentity;
  if (sourceIdentity !== undefined) context.set('aws:sourceidentity', sourceIdentity);
  if (principal) addTags(context, 'aws:principaltag/', principal.snapshot.Tags);
  addPlace(context, 'aws:principal', caller.accountId, organization);
}

/** The global keys plus those of one target. */
export function targetContext(
  global: Context,
  target: AuthorizationTarget,
  accountId: string,
  organization: OrganizationFacts,
): Context {
  const context = new Map(global);
  addOwner(context, target.accountId ?? accountId, organization);
  const project = target.project ?? projectUnlessTold(target.resource);
  if (project !== undefined) context.set(PROJECT_CONTEXT_KEY, project);
  if (target.beyondProject) context.set(BEYOND_CONTEXT_KEY, 'true');
  if (target.resourceTags) addTags(context, 'aws:resourcetag/', target.resourceTags);
  if (target.requestTags) {
    addTags(context, 'aws:requesttag/', target.requestTags);
    context.set('aws:tagkeys', Object.keys(target.requestTags));
  }
  if (target.context) for (const [key, value] of target.context) context.set(key.toLowerCase(), value);
  return context;
}

/** The account that owns the resource, and where it stands in the organization. */
export function addOwner(context: Context, owner: string, organization: OrganizationFacts): void {
  context.set('aws:resourceaccount', owner);
  const state = organization.stateOf(owner);
  if (state !== undefined) context.set('parapet:accountstate', state);
  addPlace(context, 'aws:resource', owner, organization);
}

/** The organization's id and path of an account; the path is multivalued and ends with the parent, as in AWS. */
export function addPlace(
  context: Context,
  prefix: 'aws:principal' | 'aws:resource',
  accountId: string,
  organization: OrganizationFacts,
): void {
  const path = organization.orgPath(accountId);
  if (path === undefined) return;
  context.set(`${prefix}orgid`, organization.id as string);
  context.set(`${prefix}orgpaths`, [path]);
}

const PROJECT_CONTEXT_KEY = PROJECT_KEY.toLowerCase();
const BEYOND_CONTEXT_KEY = BEYOND_KEY.toLowerCase();

function addTags(context: Context, prefix: string, tags: Readonly<Record<string, string>>): void {
  for (const key of Object.keys(tags)) context.set(prefix + key.toLowerCase(), tags[key] as string);
}
