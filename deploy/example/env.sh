# For bash and zsh, in every terminal: `. deploy/example/env.sh`
export AWS_PROFILE=shared AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1 AWS_PAGER=
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN # the AWS CLI would use them in place of AWS_PROFILE
SHARED=111111111111 STAGING=222222222222 PRODUCTION=333333333333
REGISTRY=$SHARED.dkr.ecr.$AWS_REGION.amazonaws.com

# Prints an output of the stack of bot.yaml.
output() {
  aws cloudformation describe-stacks --stack-name ecr-clean --output text \
    --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"
}
