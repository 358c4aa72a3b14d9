/**
 * The shape of `landing-zone.yaml`: a whole organization in one file. Editors get it as JSON Schema, the command line
 * and the service check files against it. Unknown fields are errors: what a file says and nobody reads would be a
 * promise that nobody keeps.
 */
import { z } from 'zod';

// The server runs with code generation from strings disallowed.
z.config({ jitless: true });

/** What an object is known by for ever; names may change. */
const Key = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'lower-case letters, digits and single dashes, beginning with a letter');
const keys = (max: number) => z.array(Key).max(max).default([]);
const Line = z.string().min(1).max(128);
const Duration = z.string().regex(/^[1-9]\d{0,4}[smhd]$/, 'a number and s, m, h or d, such as 5m');
const Region = z.string().regex(/^[a-z]{2,}(?:-[a-z0-9]+){1,3}$/, 'a region name');
const Email = z
  .string()
  .min(6)
  .max(64)
  .regex(/^(?!\.)[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+$/, 'an e-mail address');
const AccountId = z.string().regex(/^\d{12}$/, 'an account id of 12 digits');
const RoleName = z.string().regex(/^(?!AWSServiceRoleFor)[\w+=,.@-]{1,64}$/, 'a role name');
const Path = z.string().regex(/^(?!\/)(?!.*\.\.)[\w./-]{1,200}$/, 'a path below the folder of the file');
const Tags = z.record(z.string().min(1).max(128), z.string().max(256)).default({});

export const ACCOUNT_ROLES = [
  'management',
  'log-archive',
  'security',
  'network',
  'shared',
  'ops',
  'data',
  'devops',
  'sandbox',
  'workload',
] as const;

/** Duties that no two of which one person may have (spec org 4.1). */
export const DUTIES = [
  'platform-admin',
  'security-admin',
  'key-custodian',
  'audit-reader',
  'certificate-officer',
] as const;

const Scalar = z.union([z.string(), z.number(), z.boolean()]);
const Parameter = z.strictObject({
  type: z.enum(['integer', 'text', 'list']),
  default: z.union([z.number().int(), z.string().max(1024), z.array(z.string().max(1024)).max(200)]),
  min: z.number().int().optional(),
  max: z.number().int().optional(),
  doc: z.string().max(512).optional(),
});

const Settings = z.strictObject({
  homeRegion: Region.optional(),
  allowedRegions: z.array(Region).min(1).max(50).optional(),
  accessRole: z
    .strictObject({
      name: RoleName.default('OrganizationAccountAccessRole'),
      maxSession: z.int().min(900).max(43_200).optional(),
      requireMfaAgeSeconds: z.int().min(60).max(86_400).optional(),
    })
    .prefault({}),
  onAccountRemoved: z.enum(['forget', 'quarantine', 'close']).default('forget'),
  drift: z
    .strictObject({
      detect: Duration.default('5m'),
      repair: z.enum(['none', 'inheritance', 'all']).default('none'),
    })
    .prefault({}),
  protected: keys(200),
  /** With 2, who plans destructive steps, or widening ones on protected objects, may not apply them. */
  approvals: z.int().min(1).max(2).default(1),
  limits: z
    .strictObject({
      accounts: z.int().min(1).max(50_000).optional(),
      units: z.int().min(1).max(20_000).optional(),
      depth: z.int().min(1).max(10).optional(),
      scpPerNode: z.int().min(1).max(50).optional(),
      scpBytes: z.int().min(512).max(65_536).optional(),
    })
    .prefault({}),
});

const attachable = { guardrails: keys(20), packs: keys(20) };

export interface UnitFile {
  key: string;
  name: string;
  guardrails: string[];
  packs: string[];
  children: UnitFile[];
}

const Unit: z.ZodType<UnitFile> = z
  .strictObject({
    key: Key,
    name: Line,
    ...attachable,
    get children() {
      return z.array(Unit).max(1000).default([]);
    },
  })
  .meta({ id: 'OrganizationalUnit' }) as never;

const Account = z.strictObject({
  key: Key,
  name: z
    .string()
    .min(1)
    .max(50)
    .regex(/^[ -~]+$/, 'printable ASCII'),
  email: Email.optional(),
  role: z.enum(ACCOUNT_ROLES).default('workload'),
  parent: Key,
  /** An account that exists already. */
  accountId: AccountId.nullable().default(null),
  enterpriseProjects: z
    .array(z.strictObject({ name: Line, description: z.string().max(512).optional() }))
    .max(100)
    .default([]),
  tags: Tags,
  lifecycle: z.strictObject({ expires: z.iso.date().nullable().default(null) }).prefault({}),
  baselines: keys(10),
  ...attachable,
});

const GuardrailValue = z.union([Scalar, z.array(z.union([z.string(), z.number()])).max(200)]);
const GuardrailSet = z.strictObject({
  key: Key,
  include: z
    .array(z.string().regex(/^G-P-\d{2}$/, 'the id of a preventive guardrail, such as G-P-08'))
    .min(1)
    .max(60),
  mode: z.enum(['observe', 'enforce']).default('enforce'),
  rollout: z
    .strictObject({
      stages: z.array(Key).min(1).max(20),
      soak: Duration,
      abortOnDenials: z.int().min(0).default(0),
    })
    .optional(),
  /** By parameter name, for every guardrail of the set that has it; or by guardrail id, then by name. */
  parameters: z.record(z.string(), z.union([GuardrailValue, z.record(z.string(), GuardrailValue)])).default({}),
  /** `breakGlass`, or ARNs of roles. */
  exemptPrincipals: z.array(z.string().min(1).max(256)).max(50).default([]),
});

const Policy = z.strictObject({
  key: Key,
  name: Line.optional(),
  description: z.string().max(512).default(''),
  type: z.enum(['SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY']).default('SERVICE_CONTROL_POLICY'),
  /** Beside the landing zone; the command reads it and sends the text. */
  file: Path.optional(),
  document: z.union([z.string().min(2).max(131_072), z.record(z.string(), z.unknown())]).optional(),
  /** allow-list: takes the place of the policy that allows everything wherever it is attached. */
  strategy: z.enum(['deny-list', 'allow-list']).default('deny-list'),
  mode: z.enum(['observe', 'enforce']).default('enforce'),
  attach: keys(1000),
});

const Pack = z.strictObject({
  key: Key,
  file: Path.optional(),
  /** A pack that ships with the product. */
  name: Line.optional(),
  severityFloor: z.enum(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']).default('LOW'),
});

const Baseline = z.strictObject({
  key: Key,
  passwordPolicy: z
    .strictObject({
      minLength: z.int().min(6).max(128),
      reuse: z.int().min(1).max(24).optional(),
      maxAgeDays: z.int().min(1).max(1095).optional(),
    })
    .optional(),
  rootUser: z.strictObject({ login: z.enum(['enabled', 'disabled']) }).optional(),
  audit: z
    .strictObject({
      trail: z.enum(['all', 'management']),
      retentionDays: z.int().min(1).max(36_500).optional(),
      sink: Key.optional(),
    })
    .optional(),
  kms: z
    .strictObject({ defaultKey: z.boolean().optional(), rotationDays: z.int().min(90).max(2560).optional() })
    .optional(),
  roles: z
    .array(
      z.strictObject({
        name: RoleName,
        /** Key of the account whose principals may take the role. */
        trust: Key,
        policies: z.array(Line).max(20).default([]),
        duty: z.enum(DUTIES).optional(),
      }),
    )
    .max(20)
    .default([]),
});

const PermissionSet = z.strictObject({
  key: Key,
  session: Duration.optional(),
  policies: z.array(Line).max(20).default([]),
  duty: z.enum(DUTIES).optional(),
  assign: z
    .array(z.strictObject({ group: Line, to: z.array(Key).min(1).max(1000) }))
    .max(200)
    .default([]),
});

const Share = z.strictObject({
  resource: z.string().min(3).max(512),
  from: Key,
  to: z.array(Key).min(1).max(1000),
});

const ServiceName = z.string().regex(/^[a-z][a-z-]{1,40}$/, 'the name of a service, such as config');

const BreakGlass = z.strictObject({
  role: RoleName,
  approvers: z.int().min(1).max(10).default(2),
  maxDuration: Duration.optional(),
  notify: z.array(Line).max(20).default([]),
});

const ComplianceException = z.strictObject({
  key: Key,
  rule: z.string().regex(/^(?:\*|G-D-\d{2})$/, 'the id of a detective guardrail, or *'),
  scope: Key,
  category: z.enum(['Waiver', 'Mitigated']),
  reason: z.string().min(1).max(1024),
  owner: Line,
  expires: z.iso.date(),
  ticket: Line.optional(),
});

const many = <T extends z.ZodType>(item: T, max: number) => z.array(item).max(max).default([]);

export const LandingZoneFile = z
  .strictObject({
    apiVersion: z.literal('parapet/v1'),
    kind: z.literal('LandingZone'),
    metadata: z.strictObject({ name: Key, revision: z.int().min(0).optional() }),
    settings: Settings.prefault({}),
    parameters: z.record(z.string().regex(/^[a-zA-Z][a-zA-Z0-9]{0,40}$/, 'a parameter name'), Parameter).default({}),
    /** Files whose lists are appended to those of this one. */
    include: z.array(Path).max(50).default([]),
    /** What is attached to the root itself. */
    root: z.strictObject(attachable).prefault({}),
    organizationalUnits: many(Unit, 1000),
    accounts: many(Account, 50_000),
    guardrailSets: many(GuardrailSet, 100),
    policies: many(Policy, 1000),
    packs: many(Pack, 50),
    baselines: many(Baseline, 50),
    permissionSets: many(PermissionSet, 200),
    shares: many(Share, 1000),
    /** Services that may act across the organization; those of delegated administrators need not be named again. */
    trustedServices: z.array(ServiceName).max(50).default([]),
    delegatedAdmins: many(z.strictObject({ service: ServiceName, account: Key }), 100),
    breakGlass: BreakGlass.optional(),
    exceptions: many(ComplianceException, 1000),
    /** Keys that were renamed: the object stays the same. */
    moved: many(z.strictObject({ from: Key, to: Key }), 1000),
  })
  .meta({ title: 'Parapet landing zone', description: 'A whole organization in one file.' });

export type LandingZone = z.output<typeof LandingZoneFile>;
export type AccountFile = LandingZone['accounts'][number];
export type PolicyFile = LandingZone['policies'][number];
export type GuardrailSetFile = LandingZone['guardrailSets'][number];

/** Sections that an included file may hold. */
export const INCLUDABLE = [
  'organizationalUnits',
  'accounts',
  'guardrailSets',
  'policies',
  'packs',
  'baselines',
  'permissionSets',
  'shares',
  'trustedServices',
  'delegatedAdmins',
  'exceptions',
  'moved',
] as const;

/** JSON Schema 2020-12 for editors. Any number or flag may also be a parameter: `"${name}"`. */
export function landingZoneSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(LandingZoneFile, {
    target: 'draft-2020-12',
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.type !== 'integer' && jsonSchema.type !== 'boolean') return;
      const plain = { ...jsonSchema };
      for (const name of Object.keys(jsonSchema)) delete (jsonSchema as Record<string, unknown>)[name];
      jsonSchema.anyOf = [plain, { type: 'string', pattern: '^\\$\\{[a-zA-Z][a-zA-Z0-9]{0,40}\\}$' }];
    },
  });
  return schema as Record<string, unknown>;
}
