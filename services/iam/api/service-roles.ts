/**
 * Roles that a service of ours takes on to act in an account when nobody asks: to rotate a secret, to end a lease. The
 * role's trust policy must name the service (`"Service": "secretsmanager.amazonaws.com"`); `aws:SourceArn` and
 * `aws:SourceAccount` say for which resource.
 */
import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  AccountId,
  ArnText,
  dictionary,
  flag,
  structure,
  TagValue,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { Arn, CallerId, IamArn, SessionId, TagKey, UniqueId } from './shapes.ts';

/** Seconds; short, because a trust policy that is changed ends no session. */
export const SERVICE_SESSION_SECONDS = 900;

export const DescribeServiceRole = defineOperation({
  name: 'DescribeServiceRole',
  service: 'iam',
  doc: 'A role of the account of a resource, and whether the asking service may take it on for that resource. Absent: the account has no such role.',
  input: structure({ RoleArn: IamArn, SourceArn: ArnText }),
  output: structure({
    Role: structure({
      Arn,
      EnterpriseProjectId,
      Tags: dictionary(TagKey, TagValue),
      /** The trust policy and the guardrails of the account let the service in. */
      Trusted: flag(),
    }).optional(),
  }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
  examples: [
    {
      title: 'for a database',
      input: {
        RoleArn: 'arn:aws:iam::123456789012:role/rotator',
        SourceArn: 'arn:aws:secretsmanager:local-1:123456789012:target:shop',
      },
    },
  ],
});

export const OpenServiceSession = defineOperation({
  name: 'OpenServiceSession',
  service: 'iam',
  doc: 'Opens a session of a role for the asking service, without credentials: what the service asks in it is decided like what anybody asks. Recorded as AssumeRole.',
  input: structure({
    RoleArn: IamArn,
    RoleSessionName: text(2, 64, { pattern: /^[A-Za-z0-9_+=,.@-]+$/ }),
    SourceArn: ArnText,
  }),
  output: structure({
    Arn,
    AccountId,
    PrincipalId: CallerId,
    EntityId: UniqueId,
    SessionId,
    IssuedAt: timestamp(),
    ExpiresAt: timestamp(),
  }),
  authz: 'internal',
  effect: 'write',
  audit: { class: 'management' },
  examples: [
    {
      title: 'to rotate',
      input: {
        RoleArn: 'arn:aws:iam::123456789012:role/rotator',
        RoleSessionName: 'rotation',
        SourceArn: 'arn:aws:secretsmanager:local-1:123456789012:target:shop',
      },
    },
  ],
});
