/**
 * What a preventive guardrail is: a red line with a purpose, what it rests on, and the statements of a service control
 * policy or resource control policy that draw it. The enums are those of the control catalogue (spec org 1.2).
 */
import { z } from 'zod';

export const POLICY_TYPES = ['SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY'] as const;
export type PolicyType = (typeof POLICY_TYPES)[number];

export const SEVERITIES = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;

/** Frameworks a guardrail may be mapped to; the strings under them are clauses. */
export const FRAMEWORKS = ['CIS-5.0', 'NIST-800-53r5', 'ISO-27001', 'PCI-4.0', 'MLPS-2.0'] as const;

/** What values of a parameter look like. Only the two pattern forms may hold wildcards; none may hold a variable. */
export const FORMS = [
  'integer',
  'account-id',
  'role-pattern',
  'org-path',
  'region',
  'network',
  'tag-key',
  'word',
  'time-window',
  'arn-pattern',
  'pair',
] as const;
export type Form = (typeof FORMS)[number];

const Text = z.string().min(1).max(1024);
const Scalar = z.union([z.string().max(2048), z.number().int()]);

export const Parameter = z.strictObject({
  doc: Text,
  form: z.enum(FORMS),
  /** A list of values; otherwise one value. */
  list: z.boolean().default(false),
  min: z.number().int().optional(),
  max: z.number().int().optional(),
  default: z.union([Scalar, z.array(Scalar).max(200)]),
});
export type Parameter = z.output<typeof Parameter>;
export type ParameterValue = Parameter['default'];

export const GuardrailFile = z.strictObject({
  id: z.string().regex(/^G-P-\d{2}$/),
  title: Text.max(120),
  intent: Text,
  severity: z.enum(SEVERITIES),
  behavior: z.literal('PREVENTIVE'),
  mappings: z.partialRecord(z.enum(FRAMEWORKS), z.array(Text).min(1)),
  parameters: z.record(z.string().regex(/^[a-z][A-Za-z]{0,40}$/), Parameter).default({}),
  exempt: z.strictObject({
    /** Sessions of the break-glass role are not bound. */
    breakGlass: z.boolean(),
    /** Whoever puts it into force may name roles that are not bound. */
    principals: z.boolean(),
    /** Who else is not bound, and what to do before it is put into force. */
    notes: z.array(Text).default([]),
  }),
  /** Statements without Sid, with `$`-nodes where parameters go (`fill.ts`). */
  policies: z.partialRecord(z.enum(POLICY_TYPES), z.array(z.record(z.string(), z.unknown())).min(1)),
});
export type Guardrail = z.output<typeof GuardrailFile>;

/** A statement ready for a document, as JSON. */
export type StatementJson = { readonly [element: string]: unknown };
