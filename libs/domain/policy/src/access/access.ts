import { permissions, type Permission, type PrincipalKind, type Role } from '@gatehouse/contracts';
import { Enforcer, newModelFromString } from 'casbin';
import { accessModel, accessRules, denials } from './access.model.js';

/** The part of a principal that access depends on. */
export interface Subject {
  readonly kind: PrincipalKind;
  readonly roles: readonly Role[];
  readonly disabled: boolean;
}

export interface AccessDecision {
  readonly allowed: boolean;
  /** One sentence for people, also where it is allowed. */
  readonly reason: string;
}

/** Casbin's answer over given rules; exported so that tests can plant a broken model. */
export const enforcerOf = (
  model: string,
  rules: readonly (readonly string[])[],
): ((kind: string, roles: readonly string[], permission: string) => boolean) => {
  const compiled = newModelFromString(model);
  for (const rule of rules) compiled.addPolicy('p', 'p', [...rule]);
  const enforcer = new Enforcer();
  enforcer.setModel(compiled);
  void enforcer.addFunction(
    'holds',
    (kind: string, roles: readonly string[], subject: string) =>
      subject === `kind:${kind}` || roles.some((role) => subject === `role:${role}`),
  );
  return (kind, roles, permission) => {
    try {
      return enforcer.enforceSync(kind, roles, permission);
    } catch {
      // An error denies (I2): a rule that cannot be read may have been a deny.
      return false;
    }
  };
};

const enforce = enforcerOf(accessModel, accessRules);

// The rules are constants, so a decision never ages: 4 kinds × 2^7 role sets × 22 permissions at most.
const decided = new Map<string, boolean>();

const isAllowed = (kind: PrincipalKind, roles: readonly Role[], permission: Permission): boolean => {
  const key = JSON.stringify([kind, [...new Set(roles)].sort(), permission]);
  const known = decided.get(key);
  if (known !== undefined) return known;
  const allowed = enforce(kind, roles, permission);
  decided.set(key, allowed);
  return allowed;
};

const rolesText = (roles: readonly Role[]): string =>
  roles.length === 0 ? 'No role is given' : `The role ${[...roles].sort().join(' or ')} does not grant it`;

/** May this principal do that? Agents and workers never approve, whatever their roles (I7). */
export const mayDo = ({ kind, roles, disabled }: Subject, permission: Permission): AccessDecision => {
  if (disabled) return { allowed: false, reason: 'This principal is disabled.' };
  if (isAllowed(kind, roles, permission)) return { allowed: true, reason: `A role grants ${permission}.` };
  const never = denials[kind]?.includes(permission) === true;
  const reason = never
    ? `A principal of kind ${kind} never holds ${permission}.`
    : `${permission} is needed. ${rolesText(roles)}.`;
  return { allowed: false, reason };
};

export const permissionsOf = (subject: Subject): Permission[] =>
  permissions.filter((permission) => mayDo(subject, permission).allowed);
