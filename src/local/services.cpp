#include "local/services.h"

#include "local/datasync/service.h"
#include "local/dynamodb/service.h"
#include "local/ec2.h"
#include "local/efs.h"
#include "local/events/service.h"
#include "local/lambda/service.h"
#include "local/s3/service.h"
#include "local/sagemaker/service.h"
#include "local/site.h"
#include "local/sqs/service.h"
#include "local/ssm/service.h"
#include "local/states/service.h"
#include "local/sts.h"

namespace lifeboat::local {

Services make_services(Site& site) {
    Services services;
    services.all.push_back(make_sts_service(site));
    services.all.push_back(make_datasync_service(site));
    services.all.push_back(states::make_states_service(site));
    services.all.push_back(make_sqs_service(site));
    services.all.push_back(make_events_service(site));
    services.events = &event_sink_of(*services.all.back());
    services.all.push_back(make_dynamodb_service(site));
    services.all.push_back(make_dynamodb_streams_service(site));
    services.all.push_back(make_lambda_service(site));
    services.all.push_back(make_ec2_service(site));
    services.all.push_back(make_efs_service(site));
    services.all.push_back(make_sagemaker_service(site));
    services.all.push_back(make_ssm_service(site));
    services.all.push_back(make_s3_service(site));
    return services;
}

}  // namespace lifeboat::local
