/** Shapes that all questions about permissions share: what is asked, and how an answer names its reasons. */
import { z } from 'zod';
import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import {
  annotate,
  dictionary,
  integer,
  list,
  oneOf,
  policyDocument,
  structure,
  TagKey,
  TagValue,
  text,
} from '../../../platform/contract/shape.ts';
import { IamArn } from './shapes.ts';

export const DECISIONS = ['Allow', 'Deny'] as const;
export const REASONS = ['allow', 'explicit-deny', 'implicit-deny', 'error'] as const;
const LAYERS = ['rcp', 'scp', 'endpoint', 'resource', 'identity', 'boundary', 'session'] as const;

const ContextText = z.string().max(2048);
/** Kept in the decision record, together with the keys the platform adds. */
const ContextValue = annotate(z.union([ContextText, z.number(), z.boolean(), z.array(ContextText).max(200)]), {
  audit: 'plain',
});

/** What can be asked about somebody. */
export const Question = {
  /** ARN of a user, a role or the root user of the caller's account; default: the caller in its present session. */
  Principal: IamArn.optional(),
  Action: text(3, 128, { pattern: /^[A-Za-z][A-Za-z0-9-]*:[A-Za-z0-9_-]+$/ }),
  Resource: text(1, 2048, { pattern: /^(?:\*|arn:[^:\n]*:[^:\n]*:[^:\n]*:[^:\n]*:[^\n]+)$/ }),
  Context: dictionary(z.string().min(3).max(256), ContextValue).optional(),
  /** Of a resource of the application. Those of our own resources, and their project, are asked of their service. */
  ResourceTags: dictionary(TagKey as unknown as z.ZodString, TagValue).optional(),
  /** The resource's own policy, where the asking application keeps one. */
  ResourcePolicy: policyDocument(65_536).optional(),
};

/** Root, unit or account that a guardrail is attached to. */
export const Level = structure({ Id: text(1, 64), Name: text(1, 128) });
export const LayerName = oneOf(LAYERS);
export const Outcome = oneOf(['explicit-deny', 'allow', 'implicit-deny']);

export const StatementName = {
  PolicyArn: text(1, 2048),
  /** The project that the policy is granted in; absent: it holds everywhere. */
  EnterpriseProjectId: EnterpriseProjectId.optional(),
  Version: text(1, 64).optional(),
  PolicyName: text(1, 256).optional(),
  Sid: text(0, 256).optional(),
  /** Position in the document, from 0. */
  Index: integer(0, 100_000),
  Line: integer(1, 10_000_000),
  Column: integer(1, 10_000_000),
};

/** What was decided about one principal, action and resource, and which layer decided. */
export const Verdict = {
  Decision: oneOf(DECISIONS),
  Reason: oneOf(REASONS),
  /** The layer that denied, or for Allow the one that granted. */
  Layer: LayerName.optional(),
  Level: Level.optional(),
  /** The statements the decision rests on. */
  Statements: list(structure(StatementName), 0, 1000),
};
