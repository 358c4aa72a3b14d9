/** The rules of a directory, as they are stored, and what is wrong with them. */
import ipaddr from 'ipaddr.js';
import { isForAuthorities, templateArn, templateOf } from '../template.ts';
import type { NameRules } from './identifier.ts';

export interface DirectoryRules extends NameRules {
  /** ARN. */
  template: string;
  validityDays: number;
  /** CIDR; empty: nothing is connected to. */
  networks: readonly string[];
  bindingRequired: boolean;
}

export interface WantedRules {
  TemplateArn?: string | undefined;
  ValidityDays?: number | undefined;
  Zones?: readonly string[] | undefined;
  AddressRanges?: readonly string[] | undefined;
  AllowWildcards?: boolean | undefined;
  PreapprovedZones?: readonly string[] | undefined;
  ValidationNetworks?: readonly string[] | undefined;
  ExternalAccountRequired?: boolean | undefined;
}

export function defaultRules(partition: string): DirectoryRules {
  return {
    template: templateArn(partition, 'EndEntityServerAuthCertificate'),
    validityDays: 90,
    zones: [],
    addresses: [],
    wildcards: false,
    preapproved: [],
    networks: [],
    bindingRequired: true,
  };
}

/** What is not given stays. */
export function changedRules(rules: DirectoryRules, wanted: WantedRules): DirectoryRules {
  return {
    template: wanted.TemplateArn ?? rules.template,
    validityDays: wanted.ValidityDays ?? rules.validityDays,
    zones: wanted.Zones ?? rules.zones,
    addresses: wanted.AddressRanges ?? rules.addresses,
    wildcards: wanted.AllowWildcards ?? rules.wildcards,
    preapproved: wanted.PreapprovedZones ?? rules.preapproved,
    networks: wanted.ValidationNetworks ?? rules.networks,
    bindingRequired: wanted.ExternalAccountRequired ?? rules.bindingRequired,
  };
}

/** Undefined: nothing is. */
export function rulesProblem(rules: DirectoryRules, partition: string): string | undefined {
  const template = templateOf(partition, rules.template);
  if (!template) return `there is no template ${rules.template}`;
  if (isForAuthorities(template) || template.names === 'none')
    return `template ${template.name} is not for certificates of hosts`;
  const range = [...rules.addresses, ...rules.networks].find((text) => !ipaddr.isValidCIDR(text));
  if (range !== undefined) return `${range} is no CIDR range`;
  if (rules.zones.length + rules.addresses.length === 0)
    return 'the directory is for no names: give Zones or AddressRanges';
  return undefined;
}

export function readRules(text: string): DirectoryRules {
  return JSON.parse(text) as DirectoryRules;
}
