/** What policies and roles permit (`iam:policy`, `iam:group`, `iam:user`, `iam:role`). */
import { flag, number, objects, text, texts } from '../read.ts';
import { COMPLIANT, insufficient, NOT_APPLICABLE, nonCompliant, type Predicate } from '../rule.ts';

/** The owning service tells whether a document allows every action on every resource without a condition. */
export const noAdministratorPolicy: Predicate = ({ type, configuration }, { params }) => {
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
  const wide = inline.find((policy) => policy.allowsEverything === true);
  if (wide) return nonCompliant(`inline policy ${String(wide.name)} allows everything`);
  const administrator = attached.find((arn) => arn.endsWith(':aws:policy/AdministratorAccess'));
  return administrator === undefined ? COMPLIANT : nonCompliant(`${administrator} is attached`);
};

/** Accounts, or `*`, that the trust policy of a role lets in without naming them further. */
export const trustInsideOrganization: Predicate = ({ configuration }, { account }) => {
  const trusted = texts(configuration, 'trustedAccounts');
  if (!trusted) return insufficient('who may assume the role is not recorded');
  const foreign = trusted.find((id) => !account.organization.has(id));
  if (foreign === undefined) return COMPLIANT;
  return nonCompliant(foreign === '*' ? 'everybody may assume the role' : `account ${foreign} may assume the role`);
};

/** The account has a role for those who handle incidents. Judged on the account. */
export const incidentRole: Predicate = ({ configuration }, { params }) => {
  const roles = texts(configuration, 'roles');
  if (!roles) return insufficient('the roles of the account are not recorded');
  const wanted = String(params.role);
  return roles.includes(wanted) ? COMPLIANT : nonCompliant(`there is no role ${wanted}`);
};

/** Boundaries keep users who manage identities from giving themselves more. */
export const boundaryOnIdentityManagers: Predicate = ({ configuration }, { params }) => {
  const groups = texts(configuration, 'groups');
  if (!groups) return insufficient('the groups of the user are not recorded');
  if (!groups.some((group) => (params.groups as readonly string[]).includes(group))) return NOT_APPLICABLE;
  return text(configuration, 'boundary') === undefined
    ? nonCompliant('the user manages identities without a permissions boundary')
    : COMPLIANT;
};
