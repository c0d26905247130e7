// An OpenID provider on loopback: whoever names an address signs in as that, with any password.
//
// node openid_provider.mjs PORT REDIRECT_URI CLIENT_SECRET

import Provider from "oidc-provider";

const [port, redirectUri, clientSecret] = process.argv.slice(2);
const HOUR = 3600;
const BRIEF = 60; // seconds of a sign-in whose name begins with "brief"

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "slicewise",
      client_secret: clientSecret,
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [redirectUri],
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["preferred_username"] },
  conformIdTokenClaims: false, // all of them stand in the ID token
  cookies: { keys: [clientSecret] },
  ttl: {
    IdToken: (ctx) => (ctx.oidc.account.accountId.startsWith("brief") ? BRIEF : HOUR),
    AccessToken: HOUR,
    Grant: HOUR,
    Interaction: HOUR,
    Session: HOUR,
  },
  async findAccount(ctx, id) {
    const claims = { sub: id, email: id, email_verified: true, preferred_username: id };
    return { accountId: id, claims: async () => claims };
  },
  // Nobody is asked to consent: the provider and Slicewise are of one house.
  async loadExistingGrant(ctx) {
    const { client, session } = ctx.oidc;
    const grant = new ctx.oidc.provider.Grant({
      clientId: client.clientId,
      accountId: session.accountId,
    });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
  features: {
    rpInitiatedLogout: {
      enabled: true,
      async logoutSource(ctx, form) {
        const button = '<button type="submit" form="op.logoutForm" value="yes" name="logout">';
        ctx.body = `<!DOCTYPE html><title>Sign out</title>${form}${button}Yes, sign me out</button>`;
      },
    },
  },
});

provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
