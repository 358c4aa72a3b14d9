/**
 * The shapes operations are declared with. A shape is a zod schema plus what zod cannot say: how the value is
 * written on each wire (`wire`), what the audit record keeps of it (`audit`), and whether it is secret.
 *
 * INVARIANT: a member without an audit rule fails the build (`contract.test.ts` walks every declaration), and a
 * secret shape is dropped from records, logs and errors everywhere.
 */
import { z } from 'zod';

// The server runs with code generation from strings disallowed, so schemas are interpreted, never compiled.
z.config({ jitless: true });

/** plain: kept; length: only the size is kept; drop: nothing is kept. */
export type AuditRule = 'plain' | 'length' | 'drop';
export type WireKind = 'value' | 'blob' | 'timestamp' | 'document';

export interface ShapeInfo {
  audit?: AuditRule;
  wire?: WireKind;
  secret?: boolean;
  /** Name of the shape in OpenAPI and the documentation. */
  title?: string;
  /** True where the AWS model calls the member by another spelling in lists of the Query protocol. */
  doc?: string;
}

const shapes = z.registry<ShapeInfo>();

export function annotate<T extends z.ZodType>(schema: T, info: ShapeInfo): T {
  shapes.add(schema, { ...shapes.get(schema), ...info });
  return schema;
}

export function shapeInfo(schema: z.core.$ZodType): ShapeInfo {
  return shapes.get(schema) ?? {};
}

/** Text of `min` to `max` characters (UTF-16 code units, like every AWS model counts). */
export function text(min: number, max: number, options: { pattern?: RegExp; audit?: AuditRule } = {}) {
  let schema = z.string().min(min).max(max);
  if (options.pattern) schema = schema.regex(options.pattern);
  return annotate(schema, { audit: options.audit ?? 'plain' });
}

export function integer(min: number, max: number, audit: AuditRule = 'plain') {
  return annotate(z.int().min(min).max(max), { audit });
}

export function flag(audit: AuditRule = 'plain') {
  return annotate(z.boolean(), { audit });
}

export function oneOf<const T extends readonly [string, ...string[]]>(values: T, audit: AuditRule = 'plain') {
  return annotate(z.enum(values), { audit });
}

function bytes(min: number, max: number) {
  return z
    .custom<Buffer>((value) => Buffer.isBuffer(value), { error: 'base64 data' })
    .superRefine((value, ctx) => {
      if (!Buffer.isBuffer(value)) return;
      if (value.length < min)
        ctx.addIssue({ code: 'custom', message: 'too short', params: { rule: 'minLength', expected: min } });
      if (value.length > max)
        ctx.addIssue({ code: 'custom', message: 'too long', params: { rule: 'maxLength', expected: max } });
    });
}

/** Bytes that are not secret: base64 on every JSON wire, `Buffer` inside. The record keeps their length. */
export function blob(max: number, min = 1) {
  return annotate(bytes(min, max), { audit: 'length', wire: 'blob' });
}

/** Secret bytes: never in a record, a log or an error. */
export function secretBlob(max: number, min = 1) {
  return annotate(bytes(min, max), { audit: 'drop', wire: 'blob', secret: true });
}

/** Secret text (access-key secrets, session tokens): never in a record, a log or an error. */
export function secretText(min: number, max: number) {
  return annotate(z.string().min(min).max(max), { audit: 'drop', secret: true });
}

/** A moment, integer milliseconds since the epoch inside; RFC 3339 natively, epoch seconds in AWS JSON. */
export function timestamp(audit: AuditRule = 'plain') {
  return annotate(z.int(), { audit, wire: 'timestamp' });
}

/** A policy document as text, kept whole in the record: who changed which rule is what auditors ask first. */
export function policyDocument(max: number) {
  return annotate(z.string().min(1).max(max), { audit: 'plain', wire: 'document' });
}

export function list<T extends z.ZodType>(item: T, min: number, max: number) {
  return annotate(z.array(item).min(min).max(max), { audit: 'plain' });
}

export function dictionary<T extends z.ZodType>(key: z.ZodString, value: T, audit: AuditRule = 'plain') {
  return annotate(z.record(key, value), { audit });
}

/** A structure; unknown members are refused. */
export function structure<T extends z.core.$ZodLooseShape>(members: T) {
  return annotate(z.strictObject(members), { audit: 'plain' });
}

// --- the shapes every service shares ---------------------------------------------------------------------------

export const AccountId = text(12, 12, { pattern: /^\d{12}$/ });
export const ArnText = text(20, 2048, { pattern: /^arn:[^:\n]*:[^:\n]*:[^:\n]*:[^:\n]*:.+$/ });
export const TagKey = text(1, 128);
export const TagValue = text(0, 256);

/** Page size of a list; the effective default is declared with the operation's pagination. */
export const PageLimit = integer(1, 1000);
/** Opaque, authenticated position in a list, bound to account, operation and filters. */
export const PageToken = text(1, 1024, { audit: 'drop' });
