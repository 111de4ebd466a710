// Beside the page and not in it: its content security policy allows no inline script.
window.SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#api',
  deepLinking: true,
  // Would load a picture from another site.
  validatorUrl: null,
  // A token typed into the page is forgotten with it.
  persistAuthorization: false,
});
