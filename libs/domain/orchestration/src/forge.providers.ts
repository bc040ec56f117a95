import { createForgeReader, TokenClient, type ForgeTokens } from '@gatehouse/forge';
import { forgeReader, forgeTokens, PlaneSettings } from '@gatehouse/session';
import type { FactoryProvider } from '@nestjs/common';

/** What engine and api have of the forge: they read, with tokens that the promoter hands out (I3). */
export const readingForge: readonly FactoryProvider[] = [
  {
    provide: forgeTokens,
    inject: [PlaneSettings],
    useFactory: ({ forge, forgeSocket }: PlaneSettings) =>
      forge === null ? undefined : new TokenClient(forgeSocket),
  },
  {
    provide: forgeReader,
    inject: [PlaneSettings, { token: forgeTokens, optional: true }],
    useFactory: ({ forge }: PlaneSettings, tokens: ForgeTokens | undefined) =>
      forge === null || tokens === undefined ? undefined : createForgeReader(forge, tokens),
  },
];
