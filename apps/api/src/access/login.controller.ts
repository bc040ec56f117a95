import { GatehouseError, Principal, type LoginCode, type Me } from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { AccessService, panelSeconds, permissionsOf } from '@gatehouse/policy';
import { PlaneSettings } from '@gatehouse/session';
import { Controller, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { cookieName } from '../http/access.guard.js';
import { clearCookie, setCookie, type CookieSettings } from '../http/cookies.js';
import { askedBy } from '../http/request.js';
import type { In } from '../http/route.table.js';
import { Caller, Can, Input, Public, Serves } from '../http/serves.js';

const meOf = (principal: Principal): Me => ({ principal, permissions: permissionsOf(principal) });

@Controller()
export class LoginController {
  constructor(
    private readonly access: AccessService,
    private readonly changes: Changes,
    private readonly plane: PlaneSettings,
  ) {}

  @Serves('login.create')
  @Public()
  async create(
    @Input() { body }: In<'login.create'>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Me> {
    const session = await this.changes.run((change) => this.access.login(change, body));
    if (session === undefined)
      throw new GatehouseError(
        'auth.invalid',
        'This code or token does not hold: used, ended or unknown. Make a new code with `gatehouse login`.',
      );
    setCookie(reply, cookieName, session.secret, { ...this.cookie, maxAge: panelSeconds });
    return meOf(session.principal);
  }

  @Serves('login.end')
  @Can('self:read')
  async end(
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    // A script's token is not a panel session: signing out must not revoke it.
    const { tokenId } = askedBy(request);
    if (request.headers.authorization === undefined && tokenId !== undefined)
      await this.changes.run((change) => this.access.logout(change, tokenId, caller.id));
    clearCookie(reply, cookieName, this.cookie);
  }

  @Serves('login.code')
  @Can('self:read')
  code(@Caller() caller: Principal): Promise<LoginCode> {
    return this.changes.run((change) => this.access.loginCode(change, caller.id));
  }

  @Serves('me.get')
  @Can('self:read')
  me(@Caller() caller: Principal): Me {
    return meOf(caller);
  }

  private get cookie(): CookieSettings {
    const secure = this.plane.settings.GATEHOUSE_TLS_CERT !== undefined;
    return { path: '/', httpOnly: true, sameSite: 'strict', secure };
  }
}
