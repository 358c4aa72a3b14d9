/** Shapes of the detective engine: items and their timeline, rules, verdicts, exceptions. */

import { z } from 'zod';
import {
  AccountId,
  ArnText,
  annotate,
  dictionary,
  flag,
  integer,
  list,
  oneOf,
  structure,
  TagKey,
  TagValue,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';

export const ItemArn = ArnText;
/** `ext:volume`. */
export const ExternalType = text(5, 64, { pattern: /^ext:[a-z][a-z0-9-]{0,59}$/ });
export const ResourceType = text(3, 64, { pattern: /^[a-z-]{2,20}:[a-z][a-z0-9-]{0,59}$/ });
/** Under which the collector knows the resource. */
export const ResourceId = text(1, 256, { pattern: /^[A-Za-z0-9][A-Za-z0-9._:/=+@-]*$/ });
export const ResourceName = text(0, 256);
/** A JSON object, as text. */
export const ConfigurationText = text(2, 65_536, { audit: 'length' });
export const Tags = dictionary(TagKey, TagValue);
/** Root, unit or account. */
export const Target = text(1, 100, { pattern: /^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|\d{12})$/ });
/** A shipped guardrail (`G-D-10`) or a rule of the customer (`rule-...`). */
export const RuleId = text(3, 64, { pattern: /^(G-D-\d{2}|rule-[a-z0-9]{12})$/ });
export const Severity = oneOf(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']);
export const Verdict = oneOf(['COMPLIANT', 'NON_COMPLIANT', 'INSUFFICIENT_DATA', 'EXEMPT']);
export const RawVerdict = oneOf(['COMPLIANT', 'NON_COMPLIANT', 'INSUFFICIENT_DATA', 'NOT_APPLICABLE']);
export const PackName = text(1, 63, { pattern: /^[a-z][a-z0-9-]{0,62}$/ });
export const ExceptionId = text(16, 32, { pattern: /^exc-[a-z0-9]{12}$/ });
export const Annotation = text(0, 256);
const Version = integer(1, Number.MAX_SAFE_INTEGER);

const ParameterValue = annotate(
  z.union([z.string().max(2048), z.int(), z.array(z.union([z.string().max(2048), z.int()])).max(200)]),
  { audit: 'plain' },
);
export const ParameterValues = dictionary(z.string().max(64), ParameterValue);

/** Why an item changed: absent for what a sweep found. */
export const Cause = structure({
  /** Id of the audit record and of the decision behind it. */
  EventId: text(1, 64),
  EventName: text(0, 128),
  ActorArn: text(0, 2048).optional(),
});

export const ItemSummary = annotate(
  structure({
    Arn: ItemArn,
    ResourceType,
    AccountId,
    Name: ResourceName,
    Status: oneOf(['OK', 'DELETED']),
    Version,
    /** When this version was recorded. */
    CapturedAt: timestamp(),
    /** When the facts were last known to be true. */
    ConfirmedAt: timestamp(),
    Tags,
  }),
  { title: 'ConfigItemSummary' },
);

export const VerdictEntry = annotate(
  structure({
    Arn: ItemArn,
    ResourceType,
    AccountId,
    RuleId,
    Severity,
    Verdict,
    /** What the rule says, when an exception changes the verdict. */
    VerdictWithoutException: Verdict.optional(),
    Annotation: Annotation.optional(),
    /** Since when the rule says so. */
    Since: timestamp(),
    ExceptionId: ExceptionId.optional(),
    ExemptUntil: timestamp().optional(),
  }),
  { title: 'ConfigVerdict' },
);

export const Proposed = annotate(
  structure({ RuleId, Severity, Verdict: RawVerdict, Annotation: Annotation.optional() }),
  { title: 'ProposedVerdict' },
);

export const page = { MaxResults: integer(1, 500).optional(), NextToken: text(1, 2048, { audit: 'drop' }).optional() };
export const nextPage = { NextToken: text(1, 2048, { audit: 'drop' }).optional() };
export const pagination = {
  token: 'NextToken',
  nextToken: 'NextToken',
  limit: 'MaxResults',
  defaultLimit: 100,
} as const;

export const notFound = {
  NotFound: { status: 404, doc: 'There is no such thing within the reach of the caller.' },
} as const;

export const declared = { service: 'org', audit: { class: 'management' } } as const;
export { AccountId, flag, integer, list, oneOf, structure, text, timestamp };
