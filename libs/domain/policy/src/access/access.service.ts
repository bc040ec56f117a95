import {
  GatehouseError,
  installationStream,
  type CreatedToken,
  type CreatePrincipal,
  type CreateToken,
  type LoginCode,
  type Page,
  type PageQuery,
  type Principal,
  type Token,
} from '@gatehouse/contracts';
import type { Change } from '@gatehouse/ledger';
import { Injectable } from '@nestjs/common';
import { PrincipalRepository } from '../principal.repository.js';
import { makeSecret, secretDigest } from '../secret.js';
import { TokenRepository, type KnownCredential, type TokenKind } from '../token.repository.js';

/** Seconds that a one-time login code is good for. */
export const loginCodeSeconds = 10 * 60;
/** Seconds that a panel session lasts. */
export const panelSeconds = 12 * 3600;
const daySeconds = 24 * 3600;

/** A fresh panel session: the secret goes into a cookie and is shown nowhere else. */
export interface PanelSession {
  readonly principal: Principal;
  readonly secret: string;
}

/** Principals and the secrets by which they are known. */
@Injectable()
export class AccessService {
  constructor(
    private readonly principals: PrincipalRepository,
    private readonly tokens: TokenRepository,
  ) {}

  /** Whose secret this is, if it holds and is of one of these kinds. One query, no cache: a revocation counts at once. */
  authenticate(secret: string, kinds: readonly TokenKind[]): Promise<KnownCredential | undefined> {
    return this.tokens.authenticate(secretDigest(secret), kinds);
  }

  /** Which of these tokens still hold: what was let in once and goes on is asked again. */
  async holding(tokenIds: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(await this.tokens.holding(tokenIds));
  }

  /** Throws `principal.exists`. */
  async createPrincipal(
    change: Change,
    given: CreatePrincipal,
    actor: string,
    embedded = false,
  ): Promise<Principal> {
    const principal = await this.principals.insert(given, change.manager, embedded);
    if (principal === undefined)
      throw new GatehouseError('principal.exists', `There is a principal ${given.name}. Take another name.`);
    const { id, name, kind, roles, zone } = principal;
    change.record({
      streamId: installationStream,
      type: 'principal.created',
      actor,
      payload: { principalId: id, name, kind, roles, ...(zone && { zone }) },
    });
    return principal;
  }

  /** Disables or enables; a disabled principal's secrets hold no more. Throws `principal.not_found`, `auth.forbidden`. */
  async changePrincipal(change: Change, id: string, disabled: boolean, actor: string): Promise<Principal> {
    const principal = await this.principals.lock(id, change.manager);
    if (principal === undefined) throw missing(id);
    if (principal.disabled === disabled) return principal;
    // Whoever disables an admin is another admin, so one is always left.
    if (disabled && id === actor)
      throw new GatehouseError('auth.forbidden', 'You cannot disable yourself. Ask another admin.');
    await this.principals.setDisabled(id, disabled, change.manager);
    change.record({
      streamId: installationStream,
      type: 'principal.changed',
      actor,
      payload: { principalId: id, name: principal.name, disabled },
    });
    return { ...principal, disabled };
  }

  /** Throws `principal.not_found`. */
  async principal(id: string, manager?: Change['manager']): Promise<Principal> {
    const principal = await this.principals.find(id, manager);
    if (principal === undefined) throw missing(id);
    return principal;
  }

  /** The person behind a principal: itself, or whom it stands for. Throws `principal.not_found`. */
  async person(id: string, manager?: Change['manager']): Promise<Principal> {
    const principal = await this.principal(id, manager);
    return principal.standsFor === undefined ? principal : this.principal(principal.standsFor, manager);
  }

  /** True where both are one person: nobody answers for their own work under another name (I7). */
  areOne(one: string, other: string, manager?: Change['manager']): Promise<boolean> {
    return this.principals.areOne(one, other, manager);
  }

  /**
   * Lets a principal stand for a person, for good. False, and nothing changes, where it is more than a name that asks:
   * of another kind, with further roles, or with a secret at any time. Throws `principal.not_found`.
   */
  async letStandFor({ manager }: Change, id: string, person: Principal): Promise<boolean> {
    // Nobody is given a token of it meanwhile.
    const principal = await this.principals.lock(id, manager);
    if (principal === undefined) throw missing(id);
    const { kind, roles } = principal;
    if (kind !== 'user' || roles.join() !== 'requester' || (await this.tokens.anyOf(id, manager)))
      return false;
    await this.principals.standFor(id, person.id, manager);
    return true;
  }

  listPrincipals(query: PageQuery): Promise<Page<Principal>> {
    return this.principals.list(query);
  }

  /** The only time that the secret is seen. Throws `principal.not_found`. */
  async issueToken(change: Change, given: CreateToken, actor: string): Promise<CreatedToken> {
    if ((await this.principals.find(given.principalId, change.manager)) === undefined)
      throw missing(given.principalId);
    const { principalId, name, expiresInDays } = given;
    return this.issue(change, principalId, name, expiresInDays * daySeconds, actor);
  }

  /** A token that never ends, for the parts of the installation itself; those it replaces are revoked. */
  async replaceToken(
    change: Change,
    principalId: string,
    name: string,
    actor: string,
  ): Promise<CreatedToken> {
    for (const id of await this.tokens.revokeNamed(principalId, name, change.manager))
      recordRevoked(change, id, principalId, actor);
    return this.issue(change, principalId, name, null, actor);
  }

  /** Revoking again changes nothing. Throws `token.not_found`. */
  async revokeToken(change: Change, id: string, actor: string): Promise<Token> {
    const revoked = await this.tokens.revoke(id, change.manager);
    if (revoked !== undefined) {
      recordRevoked(change, id, revoked.principalId, actor);
      return revoked;
    }
    const token = await this.tokens.find(id, change.manager);
    if (token !== undefined) return token;
    throw new GatehouseError('token.not_found', `There is no token ${id}.`);
  }

  listTokens(query: PageQuery): Promise<Page<Token>> {
    return this.tokens.list(query);
  }

  /** Ten minutes, once. */
  async loginCode(change: Change, principalId: string): Promise<LoginCode> {
    const code = makeSecret();
    const { expiresAt } = await this.tokens.insert(
      {
        principalId,
        kind: 'login_code',
        name: 'login code',
        secretSha256: secretDigest(code),
        lifeSeconds: loginCodeSeconds,
      },
      change.manager,
    );
    return { code, expiresAt: expiresAt ?? '' };
  }

  /** Exchanges a code or a token for a panel session; undefined where it does not hold. */
  async login(
    change: Change,
    given: { readonly code: string } | { readonly token: string },
  ): Promise<PanelSession | undefined> {
    const known =
      'code' in given
        ? await this.tokens.redeem(secretDigest(given.code), change.manager)
        : await this.tokens.authenticate(secretDigest(given.token), ['token'], change.manager);
    if (known === undefined) return undefined;
    const secret = makeSecret();
    const session = await this.tokens.insert(
      {
        principalId: known.principal.id,
        kind: 'panel',
        name: 'panel session',
        secretSha256: secretDigest(secret),
        lifeSeconds: panelSeconds,
      },
      change.manager,
    );
    change.record({
      streamId: installationStream,
      type: 'login.succeeded',
      actor: known.principal.id,
      payload: { principalId: known.principal.id, with: known.kind, tokenId: session.id },
    });
    return { principal: known.principal, secret };
  }

  /** Ends the panel session that this credential is. */
  async logout(change: Change, tokenId: string, actor: string): Promise<void> {
    const revoked = await this.tokens.revoke(tokenId, change.manager);
    if (revoked !== undefined) recordRevoked(change, tokenId, revoked.principalId, actor);
  }

  private async issue(
    change: Change,
    principalId: string,
    name: string,
    lifeSeconds: number | null,
    actor: string,
  ): Promise<CreatedToken> {
    const secret = makeSecret();
    const token = await this.tokens.insert(
      { principalId, kind: 'token', name, secretSha256: secretDigest(secret), lifeSeconds },
      change.manager,
    );
    change.record({
      streamId: installationStream,
      type: 'token.created',
      actor,
      payload: { tokenId: token.id, principalId, name, expiresAt: token.expiresAt },
    });
    return { token, secret };
  }
}

const missing = (id: string): GatehouseError =>
  new GatehouseError('principal.not_found', `There is no principal ${id}.`);

const recordRevoked = (change: Change, tokenId: string, principalId: string, actor: string): void =>
  change.record({
    streamId: installationStream,
    type: 'token.revoked',
    actor,
    payload: { tokenId, principalId },
  });
