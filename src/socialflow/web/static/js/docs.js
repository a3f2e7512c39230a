// Starts Redoc or Swagger UI, whichever the page has brought.
(() => {
  const place = document.getElementById("docs");
  const spec = place.dataset.spec;
  const css = getComputedStyle(document.documentElement);
  const font = css.getPropertyValue("--font");

  if (place.dataset.kind === "try") {
    SwaggerUIBundle({
      url: spec,
      domNode: place,
      deepLinking: true,
      validatorUrl: null,
      tryItOutEnabled: true,
      persistAuthorization: false,
      requestInterceptor: (request) => {
        const token = document.querySelector('meta[name="csrf-token"]')?.content;
        if (token && !["GET", "HEAD"].includes(request.method ?? "GET")) request.headers["X-CSRF-Token"] = token;
        return request;
      },
    });
    return;
  }
  Redoc.init(
    spec,
    {
      hideDownloadButton: true,
      hideLoading: true,
      nativeScrollbars: true,
      scrollYOffset: 56,
      sanitize: true,
      theme: {
        colors: { primary: { main: "#0a6f66" } },
        typography: { fontFamily: font, headings: { fontFamily: font, fontWeight: "650" }, fontSize: "15px" },
        sidebar: { backgroundColor: "#faf9f6", width: "280px" },
        rightPanel: { backgroundColor: "#13201e" },
      },
    },
    place,
  );
})();
