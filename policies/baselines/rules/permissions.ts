/** What policies and roles permit (`iam:policy`, `iam:group`, `iam:user`, `iam:role`). */
import { daysBetween, flag, number, objects, text, texts, time } from '../read.ts';
import { COMPLIANT, type Item, insufficient, NOT_APPLICABLE, nonCompliant, type Predicate } from '../rule.ts';

/** The owning service tells whether a document allows every action on every resource without a condition. */
export const noAdministratorPolicy: Predicate = (item, { params }) => {
  const { type, configuration } = item;
  if (type === 'iam:policy') {
    const all = flag(configuration, 'allowsEverything');
    const attachments = number(configuration, 'attachmentCount');
    if (all === undefined || attachments === undefined) return insufficient('what the policy allows is not recorded');
    if (!all) return COMPLIANT;
    return attachments === 0 ? COMPLIANT : nonCompliant('a policy that allows everything is attached');
  }
  const attached = texts(configuration, 'attachedPolicies');
  const inline = objects(configuration, 'inlinePolicies');
  if (!attached || !inline) return insufficient('attached policies are not recorded');
  const name = text(configuration, 'name') ?? '';
  if ((params.exceptGroups as readonly string[]).includes(name) && type === 'iam:group') return COMPLIANT;
  if ((params.exceptRoles as readonly string[]).includes(name) && isEnteredFromOutside(item)) return COMPLIANT;
  const wide = inline.find((policy) => policy.allowsEverything === true);
  if (wide) return nonCompliant(`inline policy ${String(wide.name)} allows everything`);
  const administrator = attached.find((arn) => arn.endsWith(':aws:policy/AdministratorAccess'));
  return administrator === undefined ? COMPLIANT : nonCompliant(`${administrator} is attached`);
};

/** A role that nobody of its own account may assume: the way in for the management account, and no way up. */
function isEnteredFromOutside({ type, accountId, configuration }: Item): boolean {
  const trusted = texts(configuration, 'trustedAccounts');
  return type === 'iam:role' && trusted !== undefined && !trusted.includes(accountId) && !trusted.includes('*');
}

/** Accounts, or `*`, that the trust policy of a role lets in without naming them further. */
export const trustInsideOrganization: Predicate = ({ configuration }, { account }) => {
  const trusted = texts(configuration, 'trustedAccounts');
  if (!trusted) return insufficient('who may assume the role is not recorded');
  const foreign = trusted.find((id) => !account.organization.has(id));
  if (foreign === undefined) return COMPLIANT;
  return nonCompliant(foreign === '*' ? 'everybody may assume the role' : `${foreign} may assume the role`);
};

/** The account has a role for those who handle incidents. Judged on its root user, who tells the names of roles. */
export const incidentRole: Predicate = ({ configuration }, { params }) => {
  const roles = texts(configuration, 'roles');
  if (!roles) return insufficient('the roles of the account are not recorded');
  const wanted = String(params.role);
  if (roles.includes(wanted)) return COMPLIANT;
  if (flag(configuration, 'rolesComplete') !== true) return insufficient('not all roles of the account are recorded');
  return nonCompliant(`there is no role ${wanted}`);
};

/** Boundaries keep users and roles that manage identities from giving themselves more. */
export const boundaryOnIdentityManagers: Predicate = ({ type, configuration }, { params }) => {
  if (type === 'iam:role') {
    const attached = texts(configuration, 'attachedPolicies');
    if (!attached) return insufficient('the policies of the role are not recorded');
    const manages = attached.some((arn) => (params.policies as readonly string[]).includes(lastPart(arn)));
    if (!manages) return NOT_APPLICABLE;
    return text(configuration, 'boundary') === undefined
      ? nonCompliant('the role manages identities without a permissions boundary')
      : COMPLIANT;
  }
  const groups = texts(configuration, 'groups');
  if (!groups) return insufficient('the groups of the user are not recorded');
  if (!groups.some((group) => (params.groups as readonly string[]).includes(group))) return NOT_APPLICABLE;
  return text(configuration, 'boundary') === undefined
    ? nonCompliant('the user manages identities without a permissions boundary')
    : COMPLIANT;
};

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

/** Every role was assumed lately, or made lately. */
export const roleUsed: Predicate = ({ configuration, createdAt }, { now, params }) => {
  if ((params.exceptRoles as readonly string[]).includes(text(configuration, 'name') ?? '')) return NOT_APPLICABLE;
  if (configuration.lastUsedAt === undefined) return insufficient('the last use of the role is not recorded');
  const used = time(configuration, 'lastUsedAt') ?? createdAt;
  if (used === undefined) return insufficient('the age of the role is not recorded');
  const days = daysBetween(used, now);
  return days <= Number(params.maxDays) ? COMPLIANT : nonCompliant(`nobody assumed the role for ${days} days`);
};
