/** Rules of customers, packs of shipped guardrails, and the catalogue of both kinds of guardrails. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  AccountId,
  declared,
  integer,
  list,
  nextPage,
  notFound,
  oneOf,
  PackName,
  ParameterValues,
  page,
  pagination,
  ResourceType,
  RuleId,
  Severity,
  structure,
  Target,
  text,
  timestamp,
} from './config-shapes.ts';

const Expression = text(1, 4_096);
const Title = text(1, 128);

const rule = {
  Title,
  Severity,
  /** Judged types; one `*` judges everything. */
  ResourceTypes: list(text(1, 64, { pattern: /^(\*|[a-z-]{2,20}:[a-z][a-z0-9-]{0,59})$/ }), 1, 50),
  /** CEL; true is compliant. Knows resource, account, params, now, item(arn), ageDays(time). */
  Expression,
  /** What is wrong when it answers false. */
  Message: text(1, 256),
};

const RuleEntry = structure({
  RuleId,
  AccountId,
  Target,
  ...rule,
  Parameters: ParameterValues,
  CreatedAt: timestamp(),
  UpdatedAt: timestamp(),
});
const forbiddenTarget = {
  ForbiddenTarget: { status: 403, doc: 'The account may put rules in force for itself only.' },
} as const;

export const PutConfigRule = defineOperation({
  ...declared,
  name: 'PutConfigRule',
  doc: 'Puts a rule of the customer in force for an account, or, from the management account, for a unit or another account; with a RuleId it replaces that rule. Recorded resources are judged by it within minutes.',
  input: structure({
    RuleId: RuleId.optional(),
    /** Default: the account of the caller. */
    Target: Target.optional(),
    ...rule,
    Parameters: ParameterValues.optional(),
  }),
  output: structure({ Rule: RuleEntry }),
  errors: {
    ...notFound,
    ...forbiddenTarget,
    InvalidRule: { status: 400, doc: 'The expression cannot be used.' },
  },
  authz: { action: 'organizations:PutConfigRule', resource: 'organizations:config-rule' },
  effect: 'write',
  examples: [
    {
      title: 'volumes are small',
      input: {
        Title: 'Volumes are small',
        Severity: 'LOW',
        ResourceTypes: ['ext:volume'],
        Expression: 'resource.configuration.sizeGiB <= params.most',
        Message: 'the volume is too large',
        Parameters: { most: 100 },
      },
    },
  ],
});

export const ListConfigRules = defineOperation({
  ...declared,
  name: 'ListConfigRules',
  doc: 'Rules of customers that the account has put in force, or that bind it.',
  input: structure(page),
  output: structure({ Rules: list(RuleEntry, 0, 500), ...nextPage }),
  authz: { action: 'organizations:ListConfigRules', resource: '*' },
  effect: 'read',
  pagination,
  examples: [{ title: 'all rules', input: {} }],
});

export const DeleteConfigRule = defineOperation({
  ...declared,
  name: 'DeleteConfigRule',
  doc: 'Takes a rule out of force. Its verdicts disappear within minutes.',
  input: structure({ RuleId }),
  errors: notFound,
  authz: { action: 'organizations:DeleteConfigRule', resource: 'organizations:config-rule' },
  effect: 'write',
  examples: [{ title: 'a rule', input: { RuleId: 'rule-abcdefghijkl' } }],
});

const PackEntry = structure({
  PackName,
  /** `*`: in force for everybody since the first start. */
  Target: text(1, 100),
  /** Who put it in force; absent for what came with the product. */
  AccountId: AccountId.optional(),
  /** By guardrail id. */
  Parameters: list(structure({ RuleId, Values: ParameterValues }), 0, 500),
  CreatedAt: timestamp(),
});

export const PutConfigPack = defineOperation({
  ...declared,
  name: 'PutConfigPack',
  doc: 'Puts a pack of shipped guardrails in force for an account, or, from the management account, for a unit or another account. Where a guardrail is named more than once, the place nearest to the account counts; so a pack that came in force with the product is tuned, not removed.',
  input: structure({
    PackName,
    /** Default: the account of the caller. */
    Target: Target.optional(),
    Parameters: list(structure({ RuleId, Values: ParameterValues }), 0, 500).optional(),
  }),
  output: structure({ Pack: PackEntry }),
  errors: { ...notFound, ...forbiddenTarget },
  authz: { action: 'organizations:PutConfigPack', resource: 'organizations:config-pack' },
  effect: 'write',
  examples: [{ title: 'the strict pack', input: { PackName: 'strict' } }],
});

export const ListConfigPacks = defineOperation({
  ...declared,
  name: 'ListConfigPacks',
  doc: 'Packs that are in force for the account, or that it has put in force.',
  input: structure(page),
  output: structure({ Packs: list(PackEntry, 0, 500), ...nextPage }),
  authz: { action: 'organizations:ListConfigPacks', resource: '*' },
  effect: 'read',
  pagination,
  examples: [{ title: 'all packs', input: {} }],
});

export const DeleteConfigPack = defineOperation({
  ...declared,
  name: 'DeleteConfigPack',
  doc: 'Takes a pack out of force for a target.',
  input: structure({ PackName, Target: Target.optional() }),
  errors: { ...notFound, ...forbiddenTarget },
  authz: { action: 'organizations:DeleteConfigPack', resource: 'organizations:config-pack' },
  effect: 'write',
  examples: [{ title: 'the strict pack', input: { PackName: 'strict' } }],
});

const Behavior = oneOf(['PREVENTIVE', 'DETECTIVE']);
const GuardrailId = text(6, 6, { pattern: /^G-[DP]-\d{2}$/ });

export const ListGuardrails = defineOperation({
  ...declared,
  name: 'ListGuardrails',
  doc: 'The guardrails that come with the product: what they prevent or find, what they are mapped to, what can be set.',
  input: structure({ Behavior: Behavior.optional(), Severity: Severity.optional(), ...page }),
  output: structure({
    Guardrails: list(
      structure({
        Id: GuardrailId,
        Title: text(1, 128),
        Behavior,
        Severity,
        /** Detective: what it judges. */
        ResourceTypes: list(ResourceType, 0, 50),
        /** Detective: packs that hold it. */
        Packs: list(PackName, 0, 50),
        Mappings: list(structure({ Framework: text(1, 64), Requirements: list(text(1, 64), 1, 50) }), 0, 20),
        Parameters: list(
          structure({ Name: text(1, 64), Doc: text(1, 1024), /** JSON. */ Default: text(1, 65_536) }),
          0,
          50,
        ),
        Remediation: text(0, 1024).optional(),
      }),
      0,
      500,
    ),
    ...nextPage,
  }),
  authz: { action: 'organizations:ListGuardrails', resource: '*' },
  effect: 'read',
  pagination,
  examples: [{ title: 'what is prevented', input: { Behavior: 'PREVENTIVE' } }],
});

export const CompileGuardrails = defineOperation({
  ...declared,
  name: 'CompileGuardrails',
  doc: 'Packs preventive guardrails into as few policy documents as possible, ready for CreatePolicy. Nothing is put in force.',
  input: structure({
    GuardrailIds: list(GuardrailId, 1, 100),
    Parameters: list(structure({ GuardrailId, Values: ParameterValues }), 0, 100).optional(),
    /** Roles that are not bound, where a guardrail permits that. */
    ExemptPrincipals: list(text(20, 2048), 0, 50).optional(),
    /** Longest document in bytes. */
    MaxBytes: integer(1_024, 65_536).optional(),
  }),
  output: structure({
    Documents: list(
      structure({
        Type: oneOf(['SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY']),
        Content: text(2, 65_536, { audit: 'length' }),
      }),
      0,
      100,
    ),
    /** Which guardrails stand behind the statement that a denial names. */
    Sources: list(structure({ Sid: text(1, 512), GuardrailIds: list(GuardrailId, 1, 100) }), 0, 1_000),
  }),
  errors: {
    ...notFound,
    InvalidGuardrails: { status: 400, doc: 'The set cannot be compiled.' },
  },
  authz: { action: 'organizations:CompileGuardrails', resource: '*' },
  effect: 'read',
  examples: [{ title: 'three red lines', input: { GuardrailIds: ['G-P-01', 'G-P-08', 'G-P-10'] } }],
});
