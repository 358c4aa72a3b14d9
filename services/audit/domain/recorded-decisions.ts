/**
 * The decisions of one record, one by one: what the caller was checked for, and what was asked about others. Tolerates
 * records of older writers, as `decisionView` does.
 */
import type { DecisionFacts, DecisionSetting } from '../../../platform/contract/decision-form.ts';
import { askedDecision, boundLevel, check, list, object, parse, policies, principal, text } from './decision.ts';

export interface RecordedDecision {
  facts: DecisionFacts;
  setting: DecisionSetting;
}

/** None when the text is no record, or the policies were not asked. */
export function recordedDecisions(record: string): RecordedDecision[] {
  return decisionsOf(parse(record));
}

/** The same of a record that is parsed already. */
export function decisionsOf(value: unknown): RecordedDecision[] {
  const root = object(value);
  const decision = object(object(root.x).decision);
  if (text(root.eventID) === undefined) return [];
  const scp = object(decision.organization).scp;
  // The subjects of Authorize are of the caller's account, so the same levels bind them.
  const PrincipalLevels = scp === undefined ? undefined : list(scp).map(boundLevel);
  const identity = object(root.userIdentity);
  const caller = principal(identity);
  const issuer = issuerOf(identity);
  const { Policies } = policies(decision);
  const shared = object(decision.context);
  const checks = list(decision.checks).map((item) => {
    const question = check(item);
    const { ResourceLevels } = question;
    const Context = { ...shared, ...question.Context };
    return {
      facts: question,
      setting: {
        Principal: caller,
        Issuer: issuer,
        Asked: false,
        AccountId: caller.AccountId ?? '',
        Policies,
        PrincipalLevels,
        ResourceLevels,
        Context,
      },
    };
  });
  const asked = list(decision.asked).map((item) => {
    const question = askedDecision(item);
    const { Principal, Policies: own, ResourceLevels, Context } = question;
    return {
      facts: { ...question, Given: givenWith(object(root.requestParameters), question) },
      setting: {
        Principal,
        // Who asks about itself does so within its session.
        Issuer: Principal.Arn === caller.Arn ? issuer : undefined,
        Asked: true,
        AccountId: Principal.AccountId ?? '',
        Policies: own,
        PrincipalLevels,
        ResourceLevels,
        Context,
      },
    };
  });
  return [...checks, ...asked];
}

function issuerOf(identity: Record<string, unknown>): { Arn: string; PrincipalId: string } | undefined {
  const issuer = object(object(identity.sessionContext).sessionIssuer);
  const arn = text(issuer.arn);
  return arn === undefined ? undefined : { Arn: arn, PrincipalId: text(issuer.principalId) ?? '' };
}

interface Question {
  Action: string;
  Resource: string;
  Principal: { Arn?: string | undefined };
}

/** The policy that was given with a question. Undefined where several questions of a batch look the same and differ. */
function givenWith(parameters: Record<string, unknown>, question: Question): { ResourcePolicy?: string } | undefined {
  const items = Array.isArray(parameters.Items) ? parameters.Items.map(object) : [parameters];
  const alike = items.filter(
    (item) =>
      item.Action === question.Action &&
      item.Resource === question.Resource &&
      (item.Principal === undefined || item.Principal === question.Principal.Arn),
  );
  const policies = new Set(alike.map((item) => text(item.ResourcePolicy)));
  if (policies.size !== 1) return undefined;
  const [policy] = policies;
  return policy === undefined ? {} : { ResourcePolicy: policy };
}
