package org.cdsservice.hapi;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.interceptor.api.IInterceptorService;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.provider.IJpaSystemProvider;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.interceptor.CorsInterceptor;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import org.springframework.context.ApplicationContext;

/** The REST interface: every R4 resource type, transactions, paging, and CORS for browsers. */
class FhirEndpoint extends RestfulServer {

  private final transient ApplicationContext beans;

  FhirEndpoint(ApplicationContext beans) {
    super(beans.getBean(FhirContext.class));
    this.beans = beans;
  }

  @Override
  protected void initialize() {
    registerProviders(beans.getBean(ResourceProviderFactory.class).createProviders());
    registerProvider(beans.getBean(IJpaSystemProvider.class));
    setServerConformanceProvider(capabilities());
    setPagingProvider(beans.getBean(DatabaseBackedPagingProvider.class));
    setInterceptorService(beans.getBean(IInterceptorService.class));
    // After setInterceptorService, which replaces all interceptors registered before it.
    registerInterceptor(new CorsInterceptor());
  }

  private JpaCapabilityStatementProvider capabilities() {
    return new JpaCapabilityStatementProvider(
        this,
        beans.getBean(IFhirSystemDao.class),
        beans.getBean(JpaStorageSettings.class),
        beans.getBean(ISearchParamRegistry.class),
        beans.getBean(IValidationSupport.class));
  }
}
