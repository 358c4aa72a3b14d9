/**
 * Values of parameters, checked before they enter a policy. SECURITY: a value is data. Whatever could turn into a
 * wildcard or a variable is refused, except the wildcards of the two pattern forms.
 */
import type { Form, Guardrail, Parameter, ParameterValue } from './guardrail.ts';

const RULES: Readonly<Record<Exclude<Form, 'integer'>, { readonly rule: RegExp; readonly doc: string }>> = {
  'account-id': { rule: /^\d{12}$/, doc: 'an account id of 12 digits' },
  'role-pattern': {
    rule: /^arn:(\*|aws[a-z-]*):iam::(\*|\d{12}):role\/[\w+=,.@/*-]{1,200}$/,
    doc: 'the ARN of a role, such as arn:*:iam::*:role/KeyCustodian',
  },
  'org-path': {
    rule: /^o-[a-z0-9]{10,32}\/(r-[a-z0-9]{4,32}\/(ou-[a-z0-9-]{8,68}\/){0,10})?\*?$/,
    doc: 'a path in the organization, such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*',
  },
  region: { rule: /^[a-z]{2,}(-[a-z0-9]+){1,3}$/, doc: 'a region name' },
  network: { rule: /^[0-9a-fA-F.:]{2,45}(\/\d{1,3})?$/, doc: 'an address or a range in CIDR form' },
  'tag-key': { rule: /^[\p{L}\p{N}_.:/=+@ -]{1,128}$/u, doc: 'a tag key' },
  word: { rule: /^[A-Za-z0-9_.-]{1,128}$/, doc: 'a word of letters, digits, dots, dashes and underscores' },
  'time-window': {
    rule: /^\d{2}:\d{2}(:\d{2})?-\d{2}:\d{2}(:\d{2})?@[A-Za-z0-9_+/-]{1,64}$/,
    doc: 'a daily window, such as 08:00-20:00@Asia/Shanghai',
  },
  pair: { rule: /^[\w-]{1,64}=[\w+,.@-]{1,128}$/, doc: 'two words with = between them' },
  'arn-pattern': { rule: /^arn:[A-Za-z0-9*:/_+=,.@-]{5,1000}$/, doc: 'an ARN, with wildcards where wanted' },
};

export type Values = Readonly<Record<string, ParameterValue>>;

/** Every fault of the values given for a guardrail; empty when they can be used. */
export function parameterFaults(guardrail: Pick<Guardrail, 'parameters'>, values: Values): string[] {
  const faults: string[] = [];
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(guardrail.parameters, name)) faults.push(`parameter ${name} is unknown`);
  }
  for (const [name, parameter] of Object.entries(guardrail.parameters)) {
    const value = values[name] ?? parameter.default;
    if (Array.isArray(value) !== parameter.list) {
      faults.push(`parameter ${name} is ${parameter.list ? 'a list' : 'a single value'}`);
      continue;
    }
    for (const item of Array.isArray(value) ? value : [value]) {
      const fault = itemFault(parameter, item);
      if (fault) faults.push(`parameter ${name}: ${fault}`);
    }
  }
  return faults;
}

/** The roles that a set exempts have the form of a role parameter. */
export function isRolePattern(text: string): boolean {
  return RULES['role-pattern'].rule.test(text);
}

function itemFault(parameter: Parameter, item: string | number): string | undefined {
  if (parameter.form === 'integer') {
    if (typeof item !== 'number' || !Number.isSafeInteger(item)) return 'not a whole number';
    if (item < (parameter.min ?? Number.MIN_SAFE_INTEGER)) return `less than ${parameter.min}`;
    return item > (parameter.max ?? Number.MAX_SAFE_INTEGER) ? `more than ${parameter.max}` : undefined;
  }
  const { rule, doc } = RULES[parameter.form];
  return typeof item === 'string' && rule.test(item) ? undefined : `not ${doc}`;
}
